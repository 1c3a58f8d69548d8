const LABEL = "Copy link"
const SAID = 2000 // ms

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button")
  button.onclick = async () => {
    button.textContent = (await copy(location.href)) ? "Copied" : "Not copied"
    setTimeout(() => (button.textContent = LABEL), SAID)
  }
}

// A page that was not opened from this machine, nor by https, has no clipboard of its own.
async function copy(text) {
  if (navigator.clipboard)
    return navigator.clipboard.writeText(text).then(
      () => true,
      () => false,
    )
  const field = document.createElement("textarea")
  field.value = text
  document.body.append(field)
  field.select()
  const copied = document.execCommand("copy")
  field.remove()
  return copied
}
