// Stands before the script of each component.

const views = new WeakMap()

// The view at a place on the page, made when it first appears there, and what ends it. Streamlit asks
// for the end of every call that a newer one overtook, too: there the newer one goes on with the view.
function viewAt(place, selector, View) {
  if (!views.has(place)) views.set(place, new View(place.querySelector(selector)))
  const view = views.get(place)
  const leave = () => {
    if (place.isConnected) return
    view.close()
    views.delete(place)
  }
  return { view, leave }
}

// Calls `redraw` whenever there is other room for `host`; returns what ends that.
function watchRoom(host, redraw) {
  const observer = new ResizeObserver(redraw)
  observer.observe(host)
  window.addEventListener("resize", redraw) // zooming may change nothing but the pixels
  return () => {
    observer.disconnect()
    window.removeEventListener("resize", redraw)
  }
}

function element(name, className = "") {
  const made = document.createElement(name)
  made.className = className
  return made
}

// Of device pixels, so that none is blurred.
function canvas(width, height, ratio) {
  const made = element("canvas")
  Object.assign(made, { width, height })
  made.style.width = `${width / ratio}px`
  return made
}

// By a plain loop: Uint8Array.from takes 4 ms for fifty small images.
function decode(base64) {
  const characters = atob(base64)
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return createImageBitmap(new Blob([bytes], { type: "image/webp" }))
}

// One image of a sheet at (x, y), enlarged.
function paint(canvas, sheet, index, { width, height, sheetColumns }, factor, x = 0, y = 0) {
  const pen = canvas.getContext("2d")
  pen.imageSmoothingEnabled = false
  const left = (index % sheetColumns) * width
  const top = Math.floor(index / sheetColumns) * height
  pen.drawImage(sheet, left, top, width, height, x, y, width * factor, height * factor)
}

// A native slider with its label and a text for its position: it knows mouse, touch and keyboard.
function slider(moved, released) {
  const axis = element("label", "axis")
  const title = element("span", "title")
  const output = element("output")
  output.setAttribute("aria-live", "off") // the slider itself says its place
  const input = element("input")
  Object.assign(input, { type: "range", min: 0, step: 1 })
  input.oninput = () => moved(Number(input.value))
  input.onchange = released
  axis.append(title, output, input)
  const name = (words, steps) => {
    title.textContent = words
    input.max = steps - 1
    input.setAttribute("aria-label", words)
  }
  const place = (step, words) => {
    input.value = step
    input.setAttribute("aria-valuetext", words)
    output.textContent = words
  }
  return { axis, name, place }
}
