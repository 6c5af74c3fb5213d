// Runs the built command line, holds its JSON against the published schemas, and keeps what it wrote.
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { expect } from 'vitest'
import { repository, runCommandLine, type Finished, type Invocation } from './command-line.ts'

export type SchemaName =
  | 'audit'
  | 'call'
  | 'completion'
  | 'config-command'
  | 'discover'
  | 'discover-watch'
  | 'doctor'
  | 'error'
  | 'explain'
  | 'init'
  | 'introspect'
  | 'key'
  | 'login'
  | 'logout'
  | 'migrate'
  | 'replay'
  | 'serve-against'
  | 'serve-check'
  | 'tail'
  | 'tools'
  | 'validate'
  | 'who-can'
  | 'why'

const compiled = new Map<SchemaName, Promise<ValidateFunction>>()

const compile = async (name: SchemaName): Promise<ValidateFunction> => {
  const file = path.join(repository, 'schemas', `${name}.schema.json`)
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, allErrors: true })
  // oxlint-disable-next-line typescript/no-explicit-any -- a CommonJS package whose types name its default twice
  ;(addFormats as any)(ajv)
  return ajv.compile(JSON.parse(await readFile(file, 'utf8')) as object)
}

export const expectSchema = async (name: SchemaName, report: unknown): Promise<void> => {
  let validator = compiled.get(name)
  if (validator === undefined) compiled.set(name, (validator = compile(name)))
  const validate = await validator
  validate(report)
  expect(validate.errors ?? []).toEqual([])
}

export interface Recorder {
  run(args: readonly string[], invocation?: Invocation): Promise<Finished>
  /** Adds `--json`; stdout has to be one document of the schema, stderr empty. */
  report(
    schema: SchemaName,
    args: readonly string[],
    invocation?: Invocation,
  ): Promise<{ readonly exitCode: number; readonly report: Record<string, never> }>
  /** Everything that was written in all runs. */
  written(): string
}

export const createRecorder = (): Recorder => {
  let all = ''
  const run: Recorder['run'] = async (args, invocation) => {
    const finished = await runCommandLine(args, invocation)
    all += finished.stdout + finished.stderr
    return finished
  }
  return {
    run,
    report: async (schema, args, invocation) => {
      const { exitCode, stdout, stderr } = await run([...args, '--json'], invocation)
      expect(stderr).toBe('')
      const report = JSON.parse(stdout) as Record<string, never>
      await expectSchema(schema, report)
      return { exitCode, report }
    },
    written: () => all,
  }
}
