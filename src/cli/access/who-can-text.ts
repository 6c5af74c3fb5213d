// Who may call a tool, as a person reads it: the callers that there can be, and then all that is asked, in its order.
import { endpointPath } from '../../config/public-url.ts'
import { printable } from '../../base/escape.ts'
import type { View } from '../report/checks-text.ts'
import { hanging, longest, padded } from '../report/layout.ts'
import type { Style } from '../terminal/style.ts'
import { accessMark, reasonText } from './access-text.ts'
import type { AskedReport, CallerAccess, ToolAccess, WhoCanReport } from './who-can-report.ts'

const quoted = (name: string): string => JSON.stringify(name)

const callerText = ({ who, name, value, fingerprint, roles }: CallerAccess): string => {
  switch (who) {
    case 'token':
      return `${name ?? ''} (${fingerprint ?? ''})`
    case 'key':
      return `key ${name ?? ''}${roles.length === 0 ? '' : `: ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`}`
    case 'claim':
      return `${name ?? ''} has ${quoted(value ?? '')}: ${roles.length === 1 ? 'role' : 'roles'} ${roles.join(', ')}`
    case 'no-role':
      return `${name ?? ''} gives no role`
    case 'accepted':
      return 'every accepted caller'
    case 'everybody':
      return 'everyone, since auth.type is none'
  }
}

const askedText = (asked: AskedReport): readonly [what: string, says: string] => {
  const [what, says] = demandText(asked)
  return [what, asked.report_only ? `report only: ${says}` : says]
}

const demandText = (asked: AskedReport): readonly [what: string, says: string] => {
  const { name } = asked
  switch (asked.asks) {
    case 'filter':
    case 'token':
    case 'role': {
      const by = asked.pattern === null ? '' : ` ${quoted(asked.pattern)}`
      const says =
        asked.says === 'unlisted'
          ? 'does not list it'
          : by === ''
            ? 'allows, having no allow list'
            : `${asked.says}${by}`
      return [asked.asks === 'filter' ? name : `${asked.asks} ${name}`, says]
    }
    case 'no-role':
      return ['callers without a role', `${asked.says}: ${name}`]
    case 'annotations':
      return [name, name === 'hide_destructive' ? 'denies what destroys' : 'denies what writes']
    case 'rule': {
      const kind = asked.says === 'deny' ? 'denies where' : 'allows where'
      return [`rule ${name}`, `${kind} ${asked.when}`]
    }
    case 'scopes':
      return [
        asked.pattern === null ? 'required_scopes' : `tool_scopes ${quoted(asked.pattern)}`,
        `needs ${name}`,
      ]
    case 'argument-size':
      return ['max_argument_size', `at most ${name} bytes of arguments`]
  }
}

const verdictMark = (verdict: ToolAccess['verdict'], style: Style): string =>
  verdict === 'callable' ? style.green.bold('CALLABLE') : style.red.bold('DENIED')

const headText = ({ verdict, exposed, backend, tool }: ToolAccess, style: Style): string =>
  `${verdictMark(verdict, style)}  ${printable(`${exposed}  tool ${quoted(tool)} of backend ${backend}`)}`

const toolLines = (tool: ToolAccess, view: View): readonly string[] => {
  const { style, columns } = view
  const callers = tool.callers.map((one) => [one, printable(callerText(one))] as const)
  const wide = longest(callers.map(([, text]) => text))
  const asked = tool.asked.map(askedText)
  const width = longest(asked.map(([what]) => printable(what)))
  return [
    headText(tool, style),
    '',
    style.bold('Callers'),
    ...callers.map(([one, text]) =>
      hanging(
        `  ${padded(accessMark(one.access, style), 7)}  ${padded(text, wide)}  `,
        printable(reasonText(one)),
        columns,
      ),
    ),
    '',
    style.bold('Asked, in this order'),
    ...(asked.length === 0 ? ['  nothing: the configuration restricts no call'] : []),
    ...asked.map(([what, says]) =>
      hanging(`  ${padded(printable(what), width)}  `, printable(says), columns),
    ),
  ]
}

export const whoCanText = (report: WhoCanReport, view: View): string => {
  const { tools, config, endpoint } = report
  const at = endpoint === endpointPath ? '' : ` at ${endpoint}`
  const several = tools.length > 1
  return [
    ...tools.map((tool) => toolLines(tool, view).join('\n')),
    view.style.dim(
      `${printable(`by ${config} alone${at}`)}; no backend was asked whether it has the tool${several ? ', and the first that lists the name gets its calls' : ''}`,
    ),
  ].join('\n\n')
}

export const whoCanLine = ({ tools }: WhoCanReport, style: Style): string =>
  tools.map((tool) => headText(tool, style)).join('\n')
