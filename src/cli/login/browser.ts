// Opens an address in the person's browser, without a shell in between.

/** False where no browser could be started; whether it shows the page nobody can know. */
export const openBrowser = async (url: string): Promise<boolean> => {
  const { protocol } = new URL(url)
  if (protocol !== 'https:' && protocol !== 'http:') return false
  try {
    const { default: open } = await import('open')
    const child = await open(url)
    child.on('error', () => undefined)
    return true
  } catch {
    return false
  }
}
