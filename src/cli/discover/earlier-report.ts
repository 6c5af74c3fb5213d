// Reads a report of `discover` that is compared with another: from a --json file, or from a --save folder.
import { statSync } from 'node:fs'
import path from 'node:path'
import type { Severity } from '../../problems/catalogue/spec.ts'
import { isJsonObject, parseJson, type Json, type JsonObject } from '../../base/json.ts'
import { isReadFault, readRegularFile } from '../../base/read-file.ts'
import { isProblemCode, problemSpec } from '../../problems/problem.ts'
import { problemOf, type Problem } from '../../problems/problem.ts'
import { usageError, type UsageError } from '../../problems/usage-error.ts'
import { redact, redactText } from '../report/redact.ts'

/** What of a report can be compared: nothing that differs from one run to the next by itself. */
export interface ComparableReport {
  readonly address: string
  readonly verdict: string
  readonly failOn: string
  readonly grade: string | null
  readonly findings: ReadonlyMap<string, ComparableFinding>
  /** Single facts by name; null where there is none. */
  readonly facts: Readonly<Record<string, Json>>
  readonly challenge: JsonObject | null
  readonly resource: JsonObject | null
  readonly server: JsonObject | null
  readonly keys: readonly JsonObject[] | null
}

export interface ComparableFinding {
  readonly status: 'fail' | 'warn'
  readonly severity: Severity
  readonly message: string
}

/** Where a document is not what it should be: a path of members, and what is wanted there. */
export interface Mismatch {
  readonly at: string
  readonly wanted: string
}

const severities: readonly string[] = ['info', 'low', 'medium', 'high', 'fatal']

const isSeverity = (value: Json | undefined): value is Severity =>
  typeof value === 'string' && severities.includes(value)

/** From the least to the gravest. */
export const rankOf = (severity: Severity): number => severities.indexOf(severity)

const member = (value: Json | undefined, name: string): Json =>
  isJsonObject(value) ? (value[name] ?? null) : null

const objectOf = (value: Json): JsonObject | null => (isJsonObject(value) ? value : null)

/** A letter, or a grade with a letter in it. */
const gradeOf = (value: Json): string | null => {
  const letter = isJsonObject(value) ? (value['letter'] ?? null) : value
  return typeof letter === 'string' ? letter : null
}

const findingsOf = (checks: readonly Json[]): Map<string, ComparableFinding> => {
  const found = new Map<string, ComparableFinding>()
  for (const check of checks) {
    const [id, status, severity] = ['id', 'status', 'severity'].map((name) => member(check, name))
    if (typeof id !== 'string' || (status !== 'fail' && status !== 'warn')) continue
    // An id stands for one finding; where it is told twice, the first counts.
    if (found.has(id)) continue
    const known = isProblemCode(id) ? problemSpec(id).severity : 'info'
    const message = member(check, 'message')
    found.set(id, {
      status,
      severity: isSeverity(severity) ? severity : known,
      message: typeof message === 'string' ? message : '',
    })
  }
  return found
}

/** Saved reports have lost what looks like a credential: the other side loses the same. */
const cleaned = (report: JsonObject): JsonObject => redact(report, redactText)

const mismatchIn = (report: Json): Mismatch | undefined => {
  if (!isJsonObject(report)) return { at: 'the document', wanted: 'an object' }
  if (report['command'] !== 'discover') return { at: 'command', wanted: '"discover"' }
  if (report['schema_version'] !== 1) return { at: 'schema_version', wanted: '1' }
  for (const name of ['address', 'verdict', 'fail_on']) {
    if (typeof report[name] !== 'string') return { at: name, wanted: 'a string' }
  }
  if (!Array.isArray(report['checks'])) return { at: 'checks', wanted: 'a list' }
  for (const name of ['resource', 'authorization_server', 'key_set']) {
    const value = report[name]
    if (value !== null && !isJsonObject(value)) return { at: name, wanted: 'an object or null' }
  }
  return undefined
}

/** Reads a report as JSON has it, ours of this run included. */
export const comparable = (value: Json): ComparableReport | Mismatch => {
  const mismatch = mismatchIn(value)
  if (mismatch !== undefined) return mismatch
  const report = cleaned(value as JsonObject)
  const { resource = null, authorization_server: server = null, key_set: keySet = null } = report
  const keys = member(keySet, 'keys')
  const challenge = member(resource, 'challenge')
  return {
    address: report['address'] as string,
    verdict: report['verdict'] as string,
    failOn: report['fail_on'] as string,
    grade: gradeOf(report['grade'] ?? null),
    findings: findingsOf(report['checks'] as readonly Json[]),
    facts: {
      'read as': report['as'] ?? null,
      'status of the MCP server': member(resource, 'status'),
      'scheme of the challenge': member(challenge, 'scheme'),
      issuer: member(server, 'issuer'),
      'found by': member(server, 'from'),
      form: member(server, 'form'),
      'key set': member(keySet, 'url'),
      'usable keys': member(keySet, 'usable'),
    },
    challenge: objectOf(member(challenge, 'params')),
    resource: objectOf(member(resource, 'metadata')),
    server: objectOf(member(server, 'metadata')),
    keys: Array.isArray(keys) ? keys.filter(isJsonObject) : null,
  }
}

const largestFile = 16_777_216

type Place = { readonly line: number; readonly column: number }

const refused = (file: string, problem: Problem, place?: Place): UsageError =>
  usageError(problem, { place: { file, ...place } })

const placeAt = (text: string, position: number): Place => {
  const before = text.slice(0, position).split('\n')
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 }
}

/** Only what has an end is read: a pipe or a device could go on for ever. */
const textOf = (file: string): string => {
  const read = readRegularFile(file, { maxBytes: largestFile })
  if (isReadFault(read)) {
    throw refused(file, problemOf('usage-flag', 'diff-unreadable', { why: read.why }))
  }
  return read.bytes.toString('utf8')
}

const isFolder = (given: string): boolean =>
  statSync(given, { throwIfNoEntry: false })?.isDirectory() === true

/** Throws a UsageError that names the place for whatever is no report about `address`. */
export const readEarlierReport = (given: string, address: string): ComparableReport => {
  const file = isFolder(given) ? path.join(given, 'report.json') : given
  const text = textOf(file)
  const read = parseJson(text, { maxBytes: largestFile, maxDepth: 128 })
  if (!read.ok) {
    const place = read.position === undefined ? undefined : placeAt(text, read.position)
    throw refused(file, problemOf('usage-flag', 'diff-json', { why: read.reason }), place)
  }
  const report = comparable(read.value)
  if ('wanted' in report) {
    const { at: member, wanted } = report
    throw refused(file, problemOf('usage-flag', 'diff-no-report', { member, wanted }))
  }
  if (report.address !== redactText(address)) {
    const reported = report.address
    throw refused(file, problemOf('usage-flag', 'diff-other-address', { reported, address }))
  }
  return report
}
