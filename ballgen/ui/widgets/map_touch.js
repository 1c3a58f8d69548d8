// Watches a Plotly map: shows the image under the pointer, marks what is looked at, and tells
// the server what was clicked, be it a point or coordinates between points, and what was circled.

const SIDE = 96 // CSS px of a thumbnail, about
const AWAY = 16 // CSS px between pointer and thumbnail
const STILL = 5 // CSS px: a press that moves further is a drag
const WAIT = 60 // ms until Plotly has said whether a point was clicked
const LOOK = 250 // ms between looks for a map that was drawn anew
const CORNERS = 40 // of a region at most, so that it fits into a link
// Plotly would send people to a foreign site.
const FLAT = "This browser draws nothing in three dimensions: it has no WebGL. Choose 2-D, or read the table at the end of the page."

const SVG = "http://www.w3.org/2000/svg"

export default function ({ data, parentElement, setTriggerValue }) {
  const { view, leave } = viewAt(parentElement, ".thumbnail", View)
  view.update(data, setTriggerValue)
  return leave
}

class View {
  constructor(thumbnail) {
    this.thumbnail = thumbnail
    this.handlers = {
      plotly_hover: (event) => this.hovered(event.points[0]),
      plotly_unhover: () => (this.thumbnail.style.display = "none"),
      plotly_click: (event) => this.clicked(event.points[0]),
      plotly_selected: (event) => this.circled(event),
      plotly_afterplot: () => this.drawMark(),
      plotly_relayouting: () => this.drawMark(),
      plotly_restyle: () => this.tellHidden(),
    }
    this.pointer = { x: 0, y: 0 }
    this.hidden = ""
    this.move = (event) => this.moved(event)
    this.press = (event) => this.pressed(event)
    this.release = (event) => this.released(event)
    window.addEventListener("pointermove", this.move, true)
    window.addEventListener("pointerdown", this.press, true)
    window.addEventListener("pointerup", this.release, true)
    this.timer = setInterval(() => this.attach(), LOOK)
  }

  // The plot may stay without this: then it must not go on telling, nor twice once this is back.
  close() {
    clearInterval(this.timer)
    for (const [name, handler] of Object.entries(this.handlers))
      this.plot?.removeListener?.(name, handler) // a plot that is gone has none
    window.removeEventListener("pointermove", this.move, true)
    window.removeEventListener("pointerdown", this.press, true)
    window.removeEventListener("pointerup", this.release, true)
    this.mark?.remove()
    this.outline?.remove()
  }

  async update(data, tell) {
    const fresh = data.sheet !== this.data?.sheet
    this.data = data
    this.tell = tell
    this.attach()
    this.drawMark()
    if (fresh) this.sheet = await decode(data.sheet)
  }

  // Streamlit may replace the plot at any time.
  attach() {
    const plot = document.querySelector(`.st-key-${this.data?.map} .js-plotly-plot`)
    if (!plot?.on || !plot._fullLayout) return
    if (plot !== this.plot) {
      this.plot = plot
      for (const [name, handler] of Object.entries(this.handlers)) plot.on(name, handler)
      this.tellHidden() // another plot shows all classes again
    }
    if (!this.mark?.isConnected) this.drawMark()
    const hint = plot.querySelector(".no-webgl")
    if (hint && hint.textContent !== FLAT) {
      hint.textContent = FLAT
      hint.onclick = null
      hint.style.cursor = "auto"
    }
  }

  // Which classes the legend hides: a region counts what is seen.
  tellHidden() {
    const hidden = this.plot._fullData.filter((trace) => trace.visible === "legendonly")
    const names = hidden.map((trace) => trace.name)
    if (names.join("\n") === this.hidden) return
    this.hidden = names.join("\n")
    this.tell("hidden", names)
  }

  hovered(point) {
    if (!this.sheet || point?.customdata === undefined) return
    const { width, height } = this.data
    const ratio = window.devicePixelRatio || 1
    const factor = Math.max(1, Math.round((SIDE * ratio) / width))
    const thumb = canvas(width * factor, height * factor, ratio)
    paint(thumb, this.sheet, point.customdata, this.data, factor)
    const { thumbnail, pointer } = this
    thumbnail.replaceChildren(thumb)
    thumbnail.dataset.image = point.customdata
    thumbnail.style.display = "block"
    const { offsetWidth: across, offsetHeight: down } = thumbnail
    const right = pointer.x + AWAY + across > window.innerWidth - AWAY
    const above = pointer.y - AWAY - down
    thumbnail.style.left = `${right ? pointer.x - AWAY - across : pointer.x + AWAY}px`
    thumbnail.style.top = `${above > 0 ? above : pointer.y + AWAY}px`
  }

  clicked(point) {
    if (point?.customdata === undefined) return
    this.pointAt = performance.now()
    this.tell("clicked", { image: point.customdata })
  }

  circled(event) {
    const corners = event?.lassoPoints
      ? thin(event.lassoPoints.x.map((x, i) => [x, event.lassoPoints.y[i]]))
      : event?.range && box(event.range)
    if (!corners || corners.length < 3) return
    this.tell("circled", corners.map((corner) => corner.map(short).join(",")).join(" "))
  }

  moved(event) {
    this.pointer = { x: event.clientX, y: event.clientY }
    // Where it ends says nothing: who circles points comes back to where the circle began.
    if (this.start && apart(event, this.start) > STILL) this.start = null
  }

  pressed(event) {
    // The path, because the pointer may be over a point, which lies above the ground.
    const ground = this.plot?.querySelector(".nsewdrag")
    this.start = ground && event.composedPath().includes(this.plot) ? event : null
  }

  released(event) {
    const start = this.start
    this.start = null
    if (!start || event.button !== 0) return
    if (apart(event, start) > STILL) return
    const frame = this.plot.querySelector(".nsewdrag").getBoundingClientRect()
    const across = event.clientX - frame.left
    const down = event.clientY - frame.top
    if (across < 0 || down < 0 || across > frame.width || down > frame.height) return
    if (event.target.closest?.(".modebar")) return
    const { xaxis, yaxis } = this.plot._fullLayout
    const coordinates = [xaxis.p2d(across), yaxis.p2d(down)].map((number) => Number(short(number)))
    const at = performance.now()
    setTimeout(() => {
      if (!(this.pointAt >= at)) this.tell("clicked", { coordinates })
    }, WAIT)
  }

  // A cross where what is looked at lies.
  drawMark() {
    const { plot, data } = this
    const ground = plot?.querySelector(".nsewdrag")
    if (!ground || !data?.mark) {
      this.mark?.remove()
      this.outline?.remove()
      return
    }
    if (!this.mark?.isConnected || this.mark.parentElement !== plot) {
      this.mark?.remove()
      this.mark = document.createElement("div")
      this.mark.dataset.mark = ""
      this.mark.setAttribute("aria-hidden", "true")
      plot.append(this.mark)
    }
    const { xaxis, yaxis } = plot._fullLayout
    const x = xaxis._offset + xaxis.d2p(data.mark[0])
    const y = yaxis._offset + yaxis.d2p(data.mark[1])
    const shown = x >= 0 && y >= 0 && x <= plot.clientWidth && y <= plot.clientHeight
    const line = "linear-gradient(currentColor, currentColor) center"
    this.mark.style.cssText =
      `position:absolute;left:${x - 12}px;top:${y - 12}px;width:24px;height:24px;` +
      `pointer-events:none;border-radius:50%;border:2px solid;box-sizing:border-box;` +
      `background:${line}/100% 2px no-repeat,${line}/2px 100% no-repeat;` +
      `display:${shown ? "block" : "none"}`
    this.drawOutline(xaxis, yaxis)
  }

  // A region that came with a link or was typed; one that was circled looks the same.
  drawOutline(xaxis, yaxis) {
    this.outline?.remove()
    const { plot, data } = this
    if (!data.region?.length) return
    const corners = data.region.map(
      ([x, y]) => `${xaxis._offset + xaxis.d2p(x)},${yaxis._offset + yaxis.d2p(y)}`,
    )
    const shape = document.createElementNS(SVG, "polygon")
    shape.setAttribute("points", corners.join(" "))
    shape.setAttribute("fill", "none")
    shape.setAttribute("stroke", "currentColor")
    shape.setAttribute("stroke-dasharray", "4 3")
    this.outline = document.createElementNS(SVG, "svg")
    this.outline.dataset.region = ""
    this.outline.setAttribute("aria-hidden", "true")
    this.outline.style.cssText = "position:absolute;inset:0;width:100%;height:100%;pointer-events:none"
    this.outline.append(shape)
    plot.append(this.outline)
  }
}

function apart(one, other) {
  return Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY)
}

function box({ x, y }) {
  return [
    [x[0], y[0]],
    [x[1], y[0]],
    [x[1], y[1]],
    [x[0], y[1]],
  ]
}

function thin(corners) {
  const step = Math.ceil(corners.length / CORNERS)
  return corners.filter((_, index) => index % step === 0)
}

function short(number) {
  return String(Number(number.toPrecision(4)))
}
