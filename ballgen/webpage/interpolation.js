// From the code of one test image to that of another.
async function startInterpolation({ codes: packed, labels, sheet }) {
  const codes = rowsOf(packed, labels.length);
  const steps = 9;
  const ends = [0, Math.max(0, labels.findIndex((label) => label !== labels[0]))];
  if (ends[1] === 0) ends[1] = labels.length - 1;
  const share = element("share");
  const names = labels.map((label, i) => `${data.classes[label].name}, image ${i + 1} of ${labels.length}`);
  const between = (part) => codes[ends[0]].map((value, d) => value + part * (codes[ends[1]][d] - value));
  const drawThumbnail = await openSheet(sheet, labels.length);

  function showStep() {
    const part = Number(share.value);
    decode("between", [between(part)], (images) => paint(element("between"), images));
    element("name-between").textContent = `${Math.round(100 * part)}% of the way`;
    element("between").setAttribute("aria-label", `Decoded at ${Math.round(100 * part)}% of the way`);
  }

  function showEnds() {
    ["a", "b"].forEach((side, n) => {
      const canvas = element(`end-${side}`);
      drawThumbnail(canvas.getContext("2d"), ends[n], 0, 0, WIDTH, HEIGHT);
      canvas.setAttribute("aria-label", names[ends[n]]);
      element(`name-${side}`).textContent = data.classes[labels[ends[n]]].name;
    });
    for (const [i, button] of [...element("choices").children].entries()) {
      const which = ["A", "B"].filter((_, n) => ends[n] === i).join("");
      if (which) button.dataset.end = which;
      else delete button.dataset.end;
      const chosen = Number(document.querySelector("input[name=end]:checked").value);
      button.setAttribute("aria-pressed", String(ends[chosen] === i));
    }
    const path = Array.from({ length: steps }, (_, n) => between(n / (steps - 1)));
    decode("path", path, (images) => paint(element("path"), images));
    element("path").setAttribute("aria-label", `${steps} steps from ${names[ends[0]]} to ${names[ends[1]]}`);
    showStep();
  }

  names.forEach((name, i) => {
    const thumbnail = make("canvas", { width: WIDTH, height: HEIGHT });
    drawThumbnail(thumbnail.getContext("2d"), i, 0, 0, WIDTH, HEIGHT);
    const button = make("button", { type: "button", ariaLabel: name }, thumbnail);
    button.addEventListener("click", () => {
      ends[Number(document.querySelector("input[name=end]:checked").value)] = i;
      showEnds();
    });
    element("choices").append(button);
  });
  for (const radio of document.querySelectorAll("input[name=end]")) radio.addEventListener("change", showEnds);
  share.addEventListener("input", showStep);
  element("path").addEventListener("pointerdown", (event) => {
    const box = element("path").getBoundingClientRect();
    const column = Math.floor(((event.clientX - box.left) / box.width) * steps);
    share.value = Math.min(1, column / (steps - 1));
    showStep();
  });
  const resize = () => {
    const narrow = innerWidth <= NARROW;
    makeRoom(element("end-a"), narrow ? 72 : 128);
    makeRoom(element("end-b"), narrow ? 72 : 128);
    makeRoom(element("between"), narrow ? 160 : 256);
    makeRoom(element("path"), element("interpolation").clientWidth, steps);
    showEnds();
  };
  addEventListener("resize", resize);
  resize();
}

startInterpolation(data.ends);
