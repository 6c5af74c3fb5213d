// Backends over the admin API: added, replaced and removed, as a reload does it.
import * as z from 'zod'
import type { BackendEdit } from '../../config/edit-backends.ts'
import { problemOf } from '../../problems/problem.ts'
import { controlled, shownReport } from './configuration.ts'
import type { AdminContext } from './context.ts'
import { configure, configureDelete, configurePut, Refused } from './route.ts'
import { reloadSchema } from './schemas.ts'

const flag = z.enum(['true', 'false']).optional()

const persist = flag.describe(
  '`true`: write it to the file as well; default: until the next reload',
)

const query = z.strictObject({
  persist,
  wait: flag.describe(
    '`false`: do not wait until the backend is up; default: it has to come up within 15 s',
  ),
})

const removal = z.strictObject({ persist })

const section = z
  .looseObject({ name: z.string().min(1), transport: z.string() })
  .describe('A backend with the keys of docs/config.md')

/** The whole of what the original API takes. */
const address = z.strictObject({
  name: z.string().min(1),
  url: z.string(),
  bearer_token: z.string().optional(),
})

const replacement = z.looseObject({
  transport: z.string().default('http'),
  url: z.string().optional(),
})

const edited = (
  edit: BackendEdit,
  asked: { readonly persist?: string | undefined; readonly wait?: string | undefined },
  context: AdminContext,
) =>
  controlled(context, async (control) => {
    const how = { persist: asked.persist === 'true', wait: asked.wait !== 'false' }
    const found = await control.edit(edit, how)
    const name = (edit.kind === 'remove' ? edit.name : edit.section.name).slice(0, 100)
    if (found === 'taken') return new Refused(problemOf('admin-backend', 'taken', { name }))
    if (found === 'layout') {
      return new Refused(problemOf('admin-backend', 'layout', { file: control.served.file }))
    }
    if (found === 'unknown') {
      const names = context.generation.backends.map((one) => `"${one.name}"`).join(', ')
      return new Refused(problemOf('admin-unknown', 'backend', { name, names }))
    }
    return shownReport(found)
  })

const add = configure({
  path: '/admin/backends',
  id: 'addBackend',
  summary: 'Adds a backend',
  query,
  body: section,
  status: 201,
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 409, 413, 415],
  serve: ({ body, query: asked }, context) =>
    edited({ kind: 'add', section: body }, asked, context),
})

const addByAddress = configure({
  path: '/admin/backends/add',
  id: 'addBackendByAddress',
  summary: 'Adds a Streamable HTTP backend by its address',
  query,
  body: address,
  status: 201,
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 409, 413, 415],
  serve: ({ body: { name, ...rest }, query: asked }, context) =>
    edited({ kind: 'add', section: { name, transport: 'http', ...rest } }, asked, context),
})

const replace = configurePut({
  path: '/admin/backends/{name}',
  id: 'replaceBackend',
  summary: 'Replaces a backend; the one that is there serves until the other is up',
  query,
  body: replacement,
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 409, 413, 415],
  serve: ({ params: { name }, body, query: asked }, context) =>
    edited({ kind: 'replace', section: { ...body, name } }, asked, context),
})

const remove = configureDelete({
  path: '/admin/backends/{name}',
  id: 'removeBackend',
  summary: 'Removes a backend; its calls in flight finish',
  query: removal,
  answer: reloadSchema,
  refusedStatus: 422,
  refusals: [404, 409],
  serve: ({ params: { name }, query: asked }, context) =>
    edited({ kind: 'remove', name }, asked, context),
})

export const backendRoutes = [add, addByAddress, replace, remove]
