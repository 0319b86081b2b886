(() => {
const at = document.currentScript?.src, css = new CSSStyleSheet()
const el = (name, more, ...kids) => { const e = Object.assign(document.createElement(name), more); e.append(...kids); return e }
const words = {en: ["Messages", "Nothing yet.", "Mark all as read"], ar: ["الرسائل", "لا شيء بعد.", "تحديد الكل كمقروء"]}
css.replaceSync(`:host{color-scheme:light dark;display:inline-block}summary{cursor:pointer}
b{background:#c00;color:#fff;padding:0 6px;margin-inline:6px}b:empty{display:none}
section{width:min(22rem,90vw);max-height:70vh;overflow:auto;background:Canvas;color:CanvasText;border:1px solid;padding:8px}
article{padding:8px;border-block-end:1px solid GrayText;overflow-wrap:anywhere}
.new{font-weight:bold}h3,p{font-size:1em;margin:0;white-space:pre-line}a{margin-inline-end:1em}`)
customElements.define("wasl-inbox", class extends HTMLElement {
  async connectedCallback() {
    const root = this.shadowRoot || this.attachShadow({mode: "open"}), lang = this.closest("[lang]")?.lang || "en", items = new Map()
    const [name, none, all] = words[lang.slice(0, 2)] || words.en, badge = el("b"), list = el("div")
    if (words.ar[0] == name) this.dir = "rtl"
    root.adoptedStyleSheets = [css]
    root.replaceChildren(el("details", {ontoggle: e => e.target.open && this.post("items:seen_all")}, el("summary", {}, name, badge),
      el("section", {}, el("button", {onclick: () => this.post("items:read_all")}, all), list)))
    const show = counts => {
      badge.textContent = counts.unread || ""
      const shown = [...items.values()].filter(i => !i.archived).sort((a, b) => b.number - a.number)
      if (shown.some(i => !i.delivered)) this.post("items:delivered_all")
      list.replaceChildren(...shown.map(i => el("article",
        {dir: i.direction, lang: i.locale, className: i.read ? "" : "new", onclick: () => i.read || this.post(`items/${i.id}:read`)},
        el("h3", {}, i.title), el("p", {}, i.text), ...i.actions.map(a => el("a", {href: a.url}, a.label)),
        el("time", {dir: "auto"}, new Date(i.at).toLocaleString(lang)))))
      if (!shown.length) list.append(none)
    }
    const page = await this.ask("items"), to = this.url("stream")
    if (!page) return
    page.data.map(i => items.set(i.id, i))
    show(page)
    to.search = new URLSearchParams({token: this.token, after: page.revision})
    const stream = this.stream = new EventSource(to), on = (name, f) => stream.addEventListener(name, e => f(JSON.parse(e.data)))
    on("item", i => items.set(i.id, i))
    on("counts", show)
  }
  disconnectedCallback() { this.stream?.close() }
  get token() { return this.getAttribute("token") }
  url(path) { return new URL("/inbox/v1/" + path, this.getAttribute("src") || at) }
  async ask(path, method) {
    const r = await fetch(this.url(path), {method, headers: {Authorization: "Bearer " + this.token}})
    if (r.status == 401) this.dispatchEvent(new Event("expired"))
    return r.ok && r.json()
  }
  post(path) { return this.ask(path, "POST") }
})
})()
