// <wasl-inbox src="https://wasl.example" token="…" lang="ar">
(() => {
const D = document, at = D.currentScript?.src, css = new CSSStyleSheet()
const el = (name, more, ...kids) => { const e = Object.assign(D.createElement(name), more); e.append(...kids); return e }
const words = {en: ["Messages", "Nothing yet.", "Mark all as read"], ar: ["الرسائل", "لا شيء بعد.", "تحديد الكل كمقروء"]}
css.replaceSync(`:host{color-scheme:light dark;display:inline-block;position:relative;font:15px/1.4 system-ui}
button{font:inherit}b{background:#c62828;color:#fff;border-radius:9px;padding:0 6px;margin-inline-start:6px}b:empty,[hidden]{display:none}
section{position:absolute;inset-inline-start:0;z-index:9;width:min(22rem,90vw);max-height:70vh;overflow:auto;background:Canvas;color:CanvasText;border:1px solid GrayText;padding:8px}
article{padding:8px;border-block-end:1px solid GrayText;overflow-wrap:anywhere}
.new{border-inline-start:3px solid LinkText}h3,p{font-size:1em;margin:0;white-space:pre-line}a{margin-inline-end:1em}`)
customElements.define("wasl-inbox", class extends HTMLElement {
  async connectedCallback() {
    const root = this.shadowRoot || this.attachShadow({mode: "open"})
    this.lang ||= D.documentElement.lang || "en"
    const [name, none, all] = words[this.lang.slice(0, 2)] || words.en
    if (this.lang.startsWith("ar")) this.dir ||= "rtl"
    root.adoptedStyleSheets = [css]
    const badge = el("b"), list = el("div"), items = new Map()
    const panel = el("section", {hidden: true}, el("button", {onclick: () => this.post("items:read_all")}, all), list)
    root.replaceChildren(el("button", {onclick: () => (panel.hidden = !panel.hidden) || this.post("items:seen_all")}, name, badge), panel)
    const show = counts => {
      badge.textContent = counts.unread || ""
      const shown = [...items.values()].filter(i => !i.archived).sort((a, b) => b.number - a.number)
      if (shown.some(i => !i.delivered)) this.post("items:delivered_all")
      list.replaceChildren(...shown.map(i => el("article",
        {dir: i.direction, lang: i.locale, className: i.read ? "" : "new", onclick: () => i.read || this.post(`items/${i.id}:read`)},
        el("h3", {textContent: i.title}), el("p", {textContent: i.text}), ...i.actions.map(a => el("a", {href: a.url, textContent: a.label})),
        el("time", {textContent: new Date(i.at).toLocaleString(this.lang)}))))
      if (!shown.length) list.append(none)
    }
    const page = await this.ask("items"), to = this.url("stream")
    if (!page) return
    page.data.map(i => items.set(i.id, i))
    show(page)
    to.search = new URLSearchParams({token: this.getAttribute("token"), after: page.revision})
    this.end()
    this.stream = new EventSource(to)
    this.stream.addEventListener("item", e => { const i = JSON.parse(e.data); items.set(i.id, i) })
    this.stream.addEventListener("counts", e => show(JSON.parse(e.data)))
  }
  disconnectedCallback() { this.end() }
  end() { this.stream?.close() }
  url(path) { return new URL("/inbox/v1/" + path, this.getAttribute("src") || at) }
  async ask(path, method) {
    const r = await fetch(this.url(path), {method, headers: {Authorization: "Bearer " + this.getAttribute("token")}})
    if (r.status == 401) this.end(), this.dispatchEvent(new Event("expired"))
    return r.ok && r.json()
  }
  post(path) { return this.ask(path, "POST") }
})
})()
