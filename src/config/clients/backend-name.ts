// Names that other clients allow, turned into names of backends: [a-z][a-z0-9-]*, never the reserved one.

const longest = 40

/** Nothing of the name may be left over, so there is always a name to fall back to. */
export const backendNameFrom = (name: string): string => {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replace(/^-+|-+$/g, '')
  const begun = plain === '' || /^[a-z]/.test(plain) ? plain : `mcp-${plain}`
  if (begun === '') return 'backend'
  return begun === 'proxy' ? 'proxy-backend' : begun
}

/** The name itself, else the name with `also`, else with the first number that is free. */
export const freeName = (name: string, taken: ReadonlySet<string>, also?: string): string => {
  if (!taken.has(name)) return name
  const together = also === undefined ? name : `${name}-${also}`
  if (!taken.has(together)) return together
  let number = 2
  while (taken.has(`${name}-${String(number)}`)) number += 1
  return `${name}-${String(number)}`
}
