// What a reader sees of a mail: whether it scrolls sideways, which way it runs, what is too faint, and what is there at all.
() => {
  const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const contrast = (element) => {
    const pair = [rgb(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => b - a);
    return (pair[0] + 0.05) / (pair[1] + 0.05);
  };
  const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === "visible";
  const own = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
  const written = [...document.body.querySelectorAll("*")].filter((element) => own(element) && shown(element));
  const inside = (selector) =>
    [...document.querySelectorAll(selector)].filter((element) => {
      const box = element.getBoundingClientRect();
      return shown(element) && box.left >= 0 && box.right <= innerWidth;
    }).length;
  return {
    width: document.documentElement.scrollWidth,
    texts: written.length,
    faint: written.filter((element) => contrast(element) < 4.5).map((element) => element.outerHTML.slice(0, 80)),
    directions: [...new Set(written.filter((element) => !element.closest("pre, code")).map((element) => getComputedStyle(element).direction))],
    alignments: [...new Set([...document.querySelectorAll("p, h1, li")].map((element) => getComputedStyle(element).textAlign))],
    buttons: inside(".button-link"),
    footer: inside(".footer-cell p"),
    logos: [...document.querySelectorAll("img")].filter(shown).map((image) => image.className),
    card: Math.round(document.querySelector(".card-cell").getBoundingClientRect().width),
  };
};
