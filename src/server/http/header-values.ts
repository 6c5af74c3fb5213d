// The values of one header as they came: req.headers shows the first of some, and req.headersDistinct sorts all headers of
// the request once more.

/** In the order in which they came; undefined where there is none. `name`: in lower case. */
export const headerValues = (
  rawHeaders: readonly string[],
  name: string,
): readonly string[] | undefined => {
  let values: string[] | undefined
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const written = rawHeaders[index]
    if (written?.length !== name.length || written.toLowerCase() !== name) continue
    const value = rawHeaders[index + 1] ?? ''
    if (values === undefined) values = [value]
    else values.push(value)
  }
  return values
}
