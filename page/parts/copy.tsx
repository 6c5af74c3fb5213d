// A button that copies a text, and says so.
import { useEffect, useState } from 'preact/hooks'

export const Copy = ({ text, label }: { readonly text: string; readonly label: string }) => {
  const [said, say] = useState<'copied' | 'failed' | undefined>(undefined)
  useEffect(() => {
    if (said === undefined) return undefined
    const timer = setTimeout(() => say(undefined), 2000)
    return () => clearTimeout(timer)
  }, [said])
  const copy = () => {
    navigator.clipboard.writeText(text).then(
      () => say('copied'),
      () => say('failed'),
    )
  }
  const words = { copied: 'Copied', failed: 'Not copied: select the text' }
  return (
    <button type="button" class="copy" title={text} onClick={copy}>
      <span aria-live="polite">{said === undefined ? label : words[said]}</span>
    </button>
  )
}
