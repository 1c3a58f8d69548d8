// What a pointer, a finger and keys do on a field of points.
const STILL = 5; // px: a press that moves further is a drag
const CORNERS = 40; // of a region at most, so that it fits into a link

class PointedScatter extends Scatter {
  // told  looked(place, row): a place is looked at, with the point there or -1;
  //       left(): no longer; chose(place, row): a click; circled(corners): a region [[x, y], …]
  constructor(host, label, told) {
    super(host);
    this.told = told;
    this.mode = "look"; // or "lasso" or "box"
    this.held = new Map(); // fingers
    Object.assign(this.front, { tabIndex: 0, className: "front" });
    this.front.setAttribute("role", "application");
    this.front.setAttribute("aria-label", label);
    this.listen();
  }

  draw() {
    super.draw();
    if (this.path) this.drawPath(this.front.getContext("2d"), this.path, this.mode !== "box");
  }

  look(place, row = -1) {
    this.place = place;
    this.told.looked(place, row);
    this.redraw();
  }

  listen() {
    const { front, held } = this;
    const where = (event) => {
      const box = front.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    front.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      front.setPointerCapture(event.pointerId);
      held.set(event.pointerId, where(event));
      this.start = held.size === 1 ? where(event) : null;
      const circles = this.dims === 2 && (this.mode !== "look" || event.shiftKey);
      this.path = circles && held.size === 1 ? [where(event)] : null;
      if (held.size === 1 && !circles) this.pointed(...where(event));
    });
    front.addEventListener("pointermove", (event) => this.moved(event, where(event)));
    front.addEventListener("pointerup", (event) => {
      if (!held.delete(event.pointerId)) return;
      const { path, start } = this;
      this.path = this.start = null;
      if (path && !start) this.told.circled(thinned(path).map((corner) => this.toMap(...corner)));
      else if (start) this.chose(...start);
      this.redraw();
    });
    front.addEventListener("pointercancel", (event) => {
      held.delete(event.pointerId);
      this.path = this.start = null;
      this.redraw();
    });
    front.addEventListener("pointerleave", () => {
      if (!held.size) this.told.left?.();
    });
    front.addEventListener("wheel", (event) => {
      if (this.view.zoom === 1 && event.deltaY > 0) return; // all is seen: the page scrolls on
      event.preventDefault();
      this.zoom(2 ** (-event.deltaY / 300), ...where(event));
    }, { passive: false });
    front.addEventListener("keydown", (event) => this.pressed(event));
  }

  moved(event, at) {
    const { held } = this;
    const before = held.get(event.pointerId);
    if (this.start && Math.hypot(at[0] - this.start[0], at[1] - this.start[1]) > STILL) this.start = null;
    if (before) held.set(event.pointerId, at);
    if (before && held.size === 2) {
      this.path = null;
      const [other] = [...held].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
      const apart = (place) => Math.max(1, Math.hypot(place[0] - other[0], place[1] - other[1]));
      this.pan((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
      this.zoom(apart(at) / apart(before), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
    } else if (before && this.path) {
      const [left, top] = this.path[0];
      if (this.mode === "box") this.path = [[left, top], [at[0], top], at, [left, at[1]]];
      else this.path.push(at);
      this.redraw();
    } else if (before && this.dims === 3) {
      if (!this.start) this.rotateBy(at[0] - before[0], at[1] - before[1]);
    } else if (before && event.pointerType === "mouse" && this.view.zoom > 1) {
      if (!this.start) this.pan(at[0] - before[0], at[1] - before[1]);
    } else if (!held.size || before) this.pointed(...at);
  }

  // In three dimensions a pointer points at points alone: it has no depth.
  pointed(left, top) {
    const row = this.pointAt(left, top);
    if (row >= 0) this.look(this.placeOf(row), row);
    else if (this.dims === 2) this.look(this.toMap(left, top));
  }

  chose(left, top) {
    const row = this.pointAt(left, top);
    if (row >= 0 || this.dims === 2) this.told.chose?.(row < 0 ? this.toMap(left, top) : this.placeOf(row), row);
  }

  pressed(event) {
    const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
    const middle = this.place && this.toScreen(this.place);
    if (event.key in arrows && !event.altKey && !event.ctrlKey && !event.metaKey) {
      const [x, y] = arrows[event.key];
      if (this.dims === 3) this.rotateBy(20 * x, -20 * y);
      else {
        const frame = this.frame();
        const from = this.place ?? this.middleOf;
        this.look([from[0] + (12 * x) / frame.across, from[1] + (12 * y) / frame.down]);
      }
    } else if ("+=".includes(event.key)) this.zoom(1.5, ...(middle ?? []));
    else if (event.key === "-") this.zoom(1 / 1.5, ...(middle ?? []));
    else if (event.key === "0") this.zoom(0);
    else if (event.key === "Enter" && middle) this.chose(...middle);
    else return;
    event.preventDefault();
  }
}

function thinned(corners) {
  const step = Math.ceil(corners.length / CORNERS);
  return corners.filter((_, index) => index % step === 0);
}
