// Findings as SARIF 2.1.0 (OASIS): one run, a rule for each check that was found, a result for each finding.
import { pathToFileURL } from 'node:url'
import { jsonText, printable } from '../../base/escape.ts'
import { problemSpec, type ProblemCode } from '../../problems/problem.ts'
import { findingsOf, fingerprintOf, relativePath } from './findings.ts'
import type { Subject } from './subject.ts'

const levels = {
  fatal: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
  info: 'note',
} as const

const ruleOf = (id: ProblemCode) => {
  const { title, severity, hint, group, spec } = problemSpec(id)
  const more = `mcp-proxy explain ${id}`
  const specification = spec === '' ? '' : ` Specification: ${spec}.`
  return {
    id,
    shortDescription: { text: title },
    help: { text: `${hint}.${specification} More: ${more}` },
    defaultConfiguration: { level: levels[severity] },
    properties: { tags: [group], severity },
  }
}

/** Relative to the folder of the run where the file is in it: viewers look for it there. */
const fileUri = (file: string): string =>
  relativePath(file)?.split('/').map(encodeURIComponent).join('/') ?? pathToFileURL(file).href

const locationOf = ({ name, file }: Subject) => {
  const uri =
    file !== undefined ? fileUri(file) : URL.canParse(name) ? new URL(name).href : undefined
  return {
    ...(uri === undefined ? {} : { physicalLocation: { artifactLocation: { uri } } }),
    logicalLocations: [{ fullyQualifiedName: printable(name), kind: 'resource' }],
  }
}

export const sarifText = (command: string, subjects: readonly Subject[]): string => {
  const findings = subjects.flatMap(findingsOf)
  const ids = [...new Set(findings.map(({ id }) => id))]
  const results = findings.map((finding) => {
    const { id, level, open, message, hint, subject } = finding
    return {
      ruleId: id,
      ruleIndex: ids.indexOf(id),
      // SARIF 2.1.0 section 3.27.10: a result that is no failure has no level.
      ...(open ? { kind: 'open', level: 'none' } : { kind: 'fail', level }),
      message: {
        text: hint === null ? printable(message) : `${printable(message)}\nfix: ${printable(hint)}`,
      },
      locations: [locationOf(subject)],
      partialFingerprints: { 'mcpProxyFinding/v1': fingerprintOf(command, finding) },
      ...(finding.case === null ? {} : { properties: { case: finding.case } }),
    }
  })
  const document = {
    $schema:
      'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'mcp-proxy', rules: ids.map(ruleOf) } },
        invocations: [{ executionSuccessful: true }],
        automationDetails: { id: `mcp-proxy/${command}/` },
        columnKind: 'utf16CodeUnits',
        results,
        properties: {
          verdicts: subjects.map(({ name, verdict }) => ({ name, verdict })),
        },
      },
    ],
  }
  return jsonText(document, 2)
}
