// The file of --har: for its owner alone.
import { isJsonObject, parseJson } from '../../base/json.ts'
import { largestOwnFile, openOwnFile, type OwnFile } from '../report/own-file.ts'
import { harCreator } from './har.ts'

const isOurs = (content: Buffer): boolean => {
  const read = parseJson(content, { maxBytes: largestOwnFile })
  const log = read.ok && isJsonObject(read.value) ? read.value['log'] : undefined
  return isJsonObject(log) && isJsonObject(log['creator']) && log['creator']['name'] === harCreator
}

export const openHarFile = (file: string): Promise<OwnFile> =>
  openOwnFile(file, { flag: '--har', mode: 0o600, isOurs })
