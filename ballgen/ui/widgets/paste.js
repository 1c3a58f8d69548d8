// Gives an image that is pasted anywhere on the page to Streamlit's uploader, which takes none.

export default function ({ data, parentElement }) {
  const { view, leave } = viewAt(parentElement, ".paste", View)
  view.uploader = data.uploader
  return leave
}

class View {
  constructor() {
    this.pasted = (event) => {
      const image = [...event.clipboardData.files].find((file) => file.type.startsWith("image/"))
      const input = document.querySelector(`.st-key-${this.uploader} input[type=file]`)
      if (!image || !input) return
      event.preventDefault()
      const transfer = new DataTransfer()
      transfer.items.add(image)
      input.files = transfer.files
      input.dispatchEvent(new Event("change", { bubbles: true }))
    }
    document.addEventListener("paste", this.pasted)
  }

  close() {
    document.removeEventListener("paste", this.pasted)
  }
}
