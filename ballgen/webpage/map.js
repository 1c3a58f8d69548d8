// The map of the page: test images where their codes lie, decoded by the page itself.
const MAP_LABEL = "Map of latent codes. Arrow keys move the place that is decoded, plus and minus zoom, 0 shows all.";

class PageMap extends Explorer {
  async start({ points, codes, labels, spacing, far, neighbours, sheet }) {
    this.image.id = "map-image";
    this.scatter.front.id = "map-field";
    this.codes = rowsOf(codes, labels.length);
    this.far = far * spacing;
    const colours = data.classes.map(({ colour }) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16)));
    this.prepare(
      {
        places: unpack(points),
        dims: 2,
        colours: Uint8Array.from(labels.flatMap((label) => colours[label])),
        shapes: Uint8Array.from(labels, (label) => label % RING),
      },
      { size: [WIDTH, HEIGHT], neighbours, least: 1e-9 * spacing },
    );
    const shown = data.classes.map((one, label) => ({ ...one, label, shape: label % RING }));
    this.setLegend(data.legend ? shown.filter(({ label }) => labels.includes(label)) : []);
    const [, middle] = this.scatter.nearest([0, 0], 1)[0];
    this.scatter.look(this.scatter.placeOf(middle));
    this.scatter.setThumbnails(await openSheet(sheet, labels.length), WIDTH / HEIGHT);
    this.scatter.look(this.scatter.place);
  }

  answer(place, row, mix, distance) {
    const code = new Float32Array(this.codes[0].length);
    for (const [weight, other] of mix) this.codes[other].forEach((number, d) => (code[d] += weight * number));
    decode("map", [code], (images) => paint(this.image, images));
    const far = distance > this.far;
    this.say(far ? "No test image lies near." : "", "Decoded from a mean of these latent codes:", far);
  }
}

if (data.map.missing) {
  element("latent-map").className = "missing";
  document.querySelector("#latent-map .note").textContent = data.map.missing;
} else new PageMap(element("map"), MAP_LABEL).start(data.map);
