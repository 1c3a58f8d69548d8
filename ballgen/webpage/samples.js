// Random samples: stored draws of each prior, the same ones at every temperature.
function startSamples({ priors, temperatures, count }) {
  const canvas = element("sample-images");
  const slider = element("temperature");
  const draws = priors.map(({ codes }) => {
    const all = unpack(codes);
    const size = all.length / temperatures.length;
    return temperatures.map((_, t) => all.subarray(t * size, (t + 1) * size));
  });
  let [prior, set] = [0, 0];

  function show() {
    const { name, meaning, sets } = priors[prior];
    const all = draws[prior][Number(slider.value)];
    const size = all.length / (sets * count);
    const codes = Array.from({ length: count }, (_, i) => {
      const place = (set * count + i) * size;
      return all.subarray(place, place + size);
    });
    decode("samples", codes, (images) => paint(canvas, images));
    const degree = temperatures[Number(slider.value)].toFixed(2);
    element("degree").textContent = degree;
    slider.setAttribute("aria-valuetext", degree);
    element("prior-text").textContent =
      `${meaning} Stored draws, set ${set + 1} of ${sets}; temperature 1 is the prior's own spread.`;
    canvas.setAttribute("aria-label", `${count} samples of ${name} at temperature ${degree}`);
  }

  priors.forEach(({ name }, i) => {
    const radio = make("input", { type: "radio", name: "prior", checked: i === prior });
    radio.addEventListener("change", () => {
      prior = i;
      show();
    });
    element("priors").append(make("label", {}, radio, name));
  });
  slider.max = temperatures.length - 1;
  slider.value = temperatures.indexOf(1);
  slider.addEventListener("input", show);
  element("again").addEventListener("click", () => {
    set = (set + 1) % priors[prior].sets;
    show();
  });
  const resize = () => {
    const columns = innerWidth > NARROW ? 8 : 6;
    makeRoom(canvas, canvas.parentElement.clientWidth, columns, Math.ceil(count / columns));
    show();
  };
  addEventListener("resize", resize);
  resize();
}

startSamples(data);
