// A map with what is found on it: the decoder's answer, what it is mixed from, and a legend.
const WIDEST = 288; // px of the decoder's answer, and on a telephone
const NARROWEST = 128;
const NARROW_MAP = 640; // px that it may fill, as in explorer.css

function part(parent, tag, properties = {}) {
  const made = Object.assign(document.createElement(tag), properties);
  parent.append(made);
  return made;
}

// Who extends it says what the decoder makes of a place, and what there is to say of it:
// `answer(place, row, mix)`, where `mix` is [[weight, row], …] of the nearest images.
class Explorer {
  constructor(host, label) {
    this.host = host;
    this.field = part(host, "div", { className: "field" });
    const panel = part(host, "div", { className: "panel" });
    this.image = part(panel, "canvas", { className: "answer" });
    this.image.setAttribute("role", "img");
    this.image.setAttribute("aria-label", "What the decoder makes of this place on the map");
    const about = part(panel, "div", { className: "about" });
    this.words = part(about, "p");
    this.mixed = part(about, "ul", { className: "mix" });
    this.legend = part(host, "ul", { className: "legend" });
    this.mixed.setAttribute("aria-label", "Nearest images, and their shares");
    this.legend.setAttribute("aria-label", "Legend");
    this.scatter = new PointedScatter(this.field, label, {
      looked: (place, row) => this.look(place, row),
      left: () => this.left(),
      chose: (place, row) => this.chose(place, row),
      circled: (corners) => this.circled(corners),
    });
    this.scatter.paintFront = (pen, toScreen) => this.paintFront(pen, toScreen);
    this.tools = part(this.field, "div", { className: "tools" });
    this.tool("M10 4v12M4 10h12", "Zoom in", () => this.scatter.zoom(1.5));
    this.tool("M4 10h12", "Zoom out", () => this.scatter.zoom(1 / 1.5));
    this.redraw = () => this.resize();
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("resize", this.redraw);
    this.dark.addEventListener("change", this.redraw);
  }

  // drawing  of an icon, 20 by 20
  tool(drawing, title, act) {
    const button = part(this.tools, "button", { type: "button", title, onclick: act });
    button.innerHTML = `<svg viewBox="0 0 20 20" aria-hidden="true"><path d="${drawing}"/></svg>`;
    button.setAttribute("aria-label", title);
    return button;
  }

  left() {}
  chose() {}
  circled() {}

  // size        [width, height] of an image in px
  // neighbours  how many images a place is mixed from
  // least       distance below which two places are the same
  prepare(points, { size, neighbours, least }) {
    Object.assign(this, { size, least });
    this.scatter.setPoints(points);
    this.mixed.replaceChildren();
    this.shares = Array.from({ length: neighbours }, () => {
      const item = part(this.mixed, "li");
      const image = part(item, "canvas", { width: size[0], height: size[1] });
      return { image, share: part(item, "span") };
    });
    Object.assign(this.image, { width: size[0], height: size[1] });
    this.image.style.aspectRatio = size.join(" / ");
    this.resize();
  }

  // Whole pixels of the screen for each pixel of an image.
  resize() {
    if (!this.size) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = this.size;
    const wide = this.host.clientWidth > NARROW_MAP;
    const room = wide ? Math.min(WIDEST, this.image.parentElement.clientWidth) : NARROWEST;
    const factor = Math.max(1, Math.floor((room * ratio) / Math.max(width, height)));
    this.image.style.width = `${Math.min(room, (width * factor) / ratio)}px`;
    this.scatter.redraw();
  }

  // entries  {name, colour, shape, label} of each; `toggled`, if given, is called with a label
  setLegend(entries, toggled) {
    this.legend.replaceChildren();
    for (const { name, colour, shape, label } of entries) {
      const item = part(this.legend, "li");
      const button = part(item, toggled ? "button" : "span", { className: "entry" });
      const symbol = part(button, "canvas", { width: 28, height: 28 });
      symbol.setAttribute("aria-hidden", "true");
      drawPoint(symbol.getContext("2d"), shape, 14, 14, 11, colour);
      button.append(name);
      if (!toggled) continue;
      button.type = "button";
      button.title = "Show or hide";
      button.setAttribute("aria-pressed", "true");
      button.dataset.label = label;
      button.onclick = () => toggled(label);
    }
  }

  // As `Embedding.inverse_transform` has it: the nearest images, by 1 / distance².
  look(place, row) {
    const nearest = this.scatter.nearest(place, this.shares.length);
    const first = Math.max(nearest[0][0], this.least);
    const weights = nearest.map(([distance]) => (first / Math.max(distance, this.least)) ** 2);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const mix = nearest.map(([, other], n) => [weights[n] / total, other]);
    this.shares.forEach(({ image, share }, n) => {
      if (!mix[n]) return;
      this.scatter.sheet?.(image.getContext("2d"), mix[n][1], 0, 0, image.width, image.height);
      share.textContent = `${Math.round(100 * mix[n][0])}%`;
    });
    this.answer(place, row, mix, nearest[0][0]);
  }

  // Said in the panel: a title, and more, which may be a warning.
  say(title, more = "", warns = false) {
    const strong = Object.assign(document.createElement("strong"), { textContent: title });
    const rest = Object.assign(document.createElement("span"), { textContent: more });
    this.words.replaceChildren(strong, " ", rest);
    this.words.classList.toggle("warns", warns);
  }

  paintFront(pen, toScreen) {
    if (this.scatter.place) this.scatter.drawRing(pen, toScreen(this.scatter.place));
  }

  close() {
    removeEventListener("resize", this.redraw);
    this.dark.removeEventListener("change", this.redraw);
    this.scatter.close();
  }
}
