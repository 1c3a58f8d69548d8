// Takes folders, .zips and images that are dropped or chosen, and hands them as one file to Streamlit's
// uploader, which is hidden: that takes one file well, and thousands badly. The browser reads them only
// while they are sent.

const STEP = 500 // files between two moves of the page: their sizes take a third of a ms each
const ENTRY = 99 // bytes at most that a file takes beside its content and its name
const LOOK = 300 // ms between looks at how the uploader gets on
const LEFT_OUT = /^(\.|__MACOSX$)/ // hidden, and what macOS adds

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".upload", View)
  view.update(data)
  return leave
}

// Says why it ends, in words for people.
class Refused extends Error {}

class View {
  constructor(place) {
    this.place = place
    const part = (name) => place.querySelector(`.${name}`)
    this.bar = part("bar")
    this.said = part("said")
    this.buttons = [part("choose-files"), part("choose-folder")]
    this.cancel = part("cancel")
    const inputs = [part("files"), part("folder")]
    inputs.forEach((input, index) => {
      this.buttons[index].onclick = () => input.click()
      input.onchange = () => {
        const files = [...input.files]
        this.take(() => files.map((file) => ({ path: file.webkitRelativePath || file.name, file })))
        input.value = "" // or the same folder could not be chosen again
      }
    })
    this.cancel.onclick = () => {
      if (!this.timer) return this.rest("")
      this.job.cancelled = true
      this.look()
    }
    place.ondragover = (event) => {
      event.preventDefault()
      place.classList.add("over")
    }
    place.ondragleave = () => place.classList.remove("over")
    place.ondrop = (event) => {
      event.preventDefault()
      place.classList.remove("over")
      // At once: later the browser has forgotten them.
      const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry())
      this.take(() => this.listed(entries.filter(Boolean)))
    }
  }

  close() {
    this.job = null
    this.timer = clearInterval(this.timer)
  }

  update(data) {
    const back = this.data && data.received !== this.data.received
    this.data = data
    this.place.querySelector(".limits").textContent = data.limits
    if (back) this.rest("") // the server has it, and says what became of it
  }

  // Ready for the next files; what was under way ends.
  rest(words) {
    this.close()
    this.show(words)
  }

  show(words) {
    this.said.textContent = words
    this.bar.hidden = this.cancel.hidden = !this.job
    for (const button of this.buttons) button.disabled = Boolean(this.job)
  }

  // What Streamlit's uploader has of this kind.
  uploader(selector) {
    return document.querySelector(`.st-key-${this.data.uploader} ${selector}`)
  }

  // find  gives {path, file} of what was dropped or chosen
  async take(find) {
    if (this.job) return
    const job = (this.job = {})
    this.show("Listing the files …")
    try {
      const files = await this.wanted(await find(), job)
      if (this.job === job) this.send(files)
    } catch (error) {
      if (this.job === job) this.rest(error.message)
      if (!(error instanceof Refused)) throw error
    }
  }

  // All files below some entries of a drop.
  async listed(entries, job = this.job, found = []) {
    for (const entry of entries) {
      if (this.job !== job) break
      if (LEFT_OUT.test(entry.name)) continue
      if (entry.isFile) {
        if (!this.fits(entry.name)) continue
        const file = await new Promise((done) => entry.file(done, () => done(null)))
        if (file) found.push({ path: entry.fullPath.slice(1), file })
        this.check(found)
        if (found.length % STEP === 0) this.show(`Listing the files … ${counted(found.length)}`)
      } else
        for (const reader = entry.createReader(); ; ) {
          const some = await new Promise((done, failed) => reader.readEntries(done, failed))
          if (!some.length) break
          await this.listed(some, job, found)
        }
    }
    return found
  }

  fits(name) {
    return this.data.suffixes.includes(name.slice(name.lastIndexOf(".")).toLowerCase())
  }

  // Ends it with the remedy if that is more than the server takes.
  check(files, size = 0) {
    const { maxBytes, maxFiles, remedy } = this.data
    const name = files[0]?.path.split("/")[0]
    if (files.length > maxFiles)
      throw new Refused(`${name} holds more than ${counted(maxFiles)}. ${remedy}`)
    if (size > maxBytes)
      throw new Refused(`${name} is larger than ${maxBytes / 2 ** 20} MB. ${remedy}`)
  }

  // The files that may hold images or say something of them, with their sizes.
  async wanted(found, job) {
    const files = found
      .filter(({ path }) => this.fits(path) && !path.split("/").some((part) => LEFT_OUT.test(part)))
      .sort((one, other) => (one.path < other.path ? -1 : 1))
    if (!files.length)
      throw new Refused("No images were found in this. Drop a folder, a .zip or images.")
    let total = 0
    for (const [index, one] of files.entries()) {
      if (this.job !== job) break
      one.size = one.file.size
      this.check(files, (total += one.size + one.path.length + ENTRY))
      if (index % STEP === STEP - 1) await new Promise((done) => setTimeout(done))
    }
    return files
  }

  // A .zip as it is; else the length of a list, the list of paths and sizes, and the files.
  send(files) {
    const input = this.uploader("input[type=file]")
    if (!input) return this.rest("The page was not ready. Try once more.")
    let [{ path, file }] = files
    if (files.length > 1 || !/\.zip$/i.test(path)) {
      const list = new TextEncoder().encode(JSON.stringify(files.map(({ path, size }) => [path, size])))
      const roots = new Set(files.map(({ path }) => (path.includes("/") ? path.split("/")[0] : "")))
      const name = roots.size === 1 ? [...roots][0] : ""
      const parts = [new Uint32Array([list.length]), list, ...files.map(({ file }) => file)]
      file = new File(parts, `${name || "images"}.folder`)
    }
    const transfer = new DataTransfer()
    transfer.items.add(file)
    input.files = transfer.files
    input.dispatchEvent(new Event("change", { bubbles: true }))
    this.show(`Sending and checking ${counted(files.length)}, ${(file.size / 2 ** 20).toFixed(1)} MB …`)
    this.timer = setInterval(() => this.look(), LOOK)
  }

  // How the uploader gets on. It can let go of a file only once the server has told it where to send it.
  look() {
    const failed = this.uploader("[aria-invalid=true] [role=alert]")
    if (failed) return this.rest(`${failed.textContent} Check that every file can be read, and reload the page.`)
    if (!this.job.cancelled) return
    const letGo = this.uploader("[data-testid=stFileChipDeleteBtn] button")
    if (!letGo) return this.show("Cancelling …")
    letGo.click()
    this.rest("")
  }
}

function counted(count) {
  return count === 1 ? "1 file" : `${count.toLocaleString("en")} files`
}
