// The mark that some editors and servers put before UTF-8 (U+FEFF): readers of text drop it (Encoding Standard).

export const hasByteOrderMark = (bytes: Uint8Array, start = 0, end = bytes.length): boolean =>
  end - start >= 3 &&
  bytes[start] === 0xef &&
  bytes[start + 1] === 0xbb &&
  bytes[start + 2] === 0xbf

/** The same bytes without it; not a copy. */
export const bytesWithoutByteOrderMark = <Bytes extends Uint8Array>(bytes: Bytes): Bytes =>
  hasByteOrderMark(bytes) ? (bytes.subarray(3) as Bytes) : bytes

export const withoutByteOrderMark = (text: string): string =>
  text.startsWith('\uFEFF') ? text.slice(1) : text
