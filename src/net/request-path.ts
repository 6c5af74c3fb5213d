// The path of a request, from the target that HTTP gives: no URL is built from it.

/** `url`: path and query, as in `request.url`. The path as it came: nothing is decoded or normalised. */
export const pathOf = (url = '/'): string => {
  const query = url.indexOf('?')
  return query === -1 ? url : url.slice(0, query)
}
