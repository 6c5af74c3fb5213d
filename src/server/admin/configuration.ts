// The configuration over the admin API: as it is used, and another one judged or served.
import * as z from 'zod'
import { effectiveValues, shownSetting } from '../../config/effective.ts'
import type { ConfigChange } from '../../config/difference.ts'
import { hintOf, problemOf } from '../../problems/problem.ts'
import type { UsageProblem } from '../../problems/usage-error.ts'
import type { AdminContext, ConfigControl, ReloadReport } from './context.ts'
import { configure, configurePut, operate, read, Refused } from './route.ts'
import { configurationSchema, reloadSchema, reloadsSchema } from './schemas.ts'

const shownFinding = (problem: UsageProblem) => {
  const { code, case: name = null, message, place, excerpt = null } = problem
  return {
    code,
    case: name,
    message,
    hint: hintOf(problem),
    line: place?.line ?? null,
    column: place?.column ?? null,
    excerpt,
  }
}

const kindOf = ({ before, after }: ConfigChange): 'added' | 'removed' | 'changed' => {
  if (before === null) return 'added'
  return after === null ? 'removed' : 'changed'
}

export const shownReport = ({ outcome, changes, problems, warnings }: ReloadReport) => ({
  outcome,
  changes: changes.map((one) => ({
    key: one.key,
    before: one.before ?? null,
    after: one.after ?? null,
    change: kindOf(one),
  })),
  problems: problems.map(shownFinding),
  warnings: warnings.map(shownFinding),
})

/** A proxy that was started without a file has no configuration to read again. */
export const controlled = <Answer>(
  { control }: AdminContext,
  work: (control: ConfigControl) => Promise<Answer>,
): Promise<Answer> | Refused =>
  control === undefined ? new Refused(problemOf('admin-unknown', 'file')) : work(control)

const show = read({
  path: '/admin/config',
  id: 'getConfiguration',
  summary: 'Every setting in use, with its origin and without secrets',
  query: z.strictObject({
    written: z.enum(['true', 'false']).optional().describe('`true`: without defaults'),
  }),
  answer: configurationSchema,
  refusals: [404],
  serve: ({ query }, context) =>
    controlled(context, async ({ served }) => {
      const all = await effectiveValues(served)
      const values =
        query.written === 'true' ? all.filter(({ origin }) => origin.from !== 'default') : all
      return { file: served.file, settings: values.map(shownSetting) }
    }),
})

const validate = configure({
  path: '/admin/config/validate',
  id: 'validateConfiguration',
  summary:
    'Checks a configuration: everything that is wrong with it, and what it would change. Changes nothing',
  body: 'configuration',
  answer: reloadSchema,
  refusals: [404, 413, 415],
  serve: ({ body }, context) =>
    controlled(context, async (control) => shownReport(await control.check(body))),
})

const replace = configurePut({
  path: '/admin/config',
  id: 'replaceConfiguration',
  summary:
    'Serves another configuration, as a reload does: all of it or nothing. It lasts until the next reload, or is written to the file first',
  query: z.strictObject({
    persist: z.enum(['true', 'false']).optional().describe('`true`: write it to the file'),
  }),
  body: 'configuration',
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 413, 415],
  serve: ({ body, query }, context) =>
    controlled(context, async (control) =>
      shownReport(await control.apply(body, query.persist === 'true')),
    ),
})

const reload = operate({
  path: '/admin/reload',
  id: 'reload',
  summary: 'Reads the configuration file again and serves it, as SIGHUP does',
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 413, 415],
  serve: (_, context) =>
    controlled(context, async (control) => shownReport(await control.reload('admin'))),
})

const reloads = read({
  path: '/admin/reloads',
  id: 'listReloads',
  summary: 'The latest reloads, newest first',
  answer: reloadsSchema,
  refusals: [404],
  serve: (_, context) =>
    controlled(context, ({ history }) =>
      Promise.resolve(
        history.map(({ time, ...rest }) => ({ ...rest, time: new Date(time).toISOString() })),
      ),
    ),
})

export const configurationRoutes = [show, validate, replace, reload, reloads]
