// Every sentence about a problem is written once, in the catalogue, and every one of them is in use.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { examplesOf } from '../../src/problems/examples.ts'
import { isProblemCode, problemCodes } from '../../src/problems/problem.ts'

const src = join(import.meta.dirname, '..', '..', 'src')

const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(src, name))

const program = ts.createProgram(files, {
  target: ts.ScriptTarget.ESNext,
  module: ts.ModuleKind.NodeNext,
  allowImportingTsExtensions: true,
  noEmit: true,
  strict: true,
  skipLibCheck: true,
  types: ['node'],
})
const checker = program.getTypeChecker()

const sources = program
  .getSourceFiles()
  .filter(({ fileName }) => files.includes(fileName) && !fileName.includes('/problems/'))

const visit = (node: ts.Node, see: (node: ts.Node) => void): void => {
  see(node)
  ts.forEachChild(node, (child) => visit(child, see))
}

/** The strings that an expression can be, as its type says. */
const literals = (expression: ts.Expression): readonly string[] => {
  const type = checker.getTypeAtLocation(expression)
  const members = type.isUnion() ? type.types : [type]
  // Any id at all is no choice: such code passes on what others raised.
  if (members.length > 40) return []
  return members.flatMap((member) => (member.isStringLiteral() ? [member.value] : []))
}

const placeOf = (node: ts.Node): string => {
  const file = node.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(node.getStart())
  return `${file.fileName.slice(src.length + 1)}:${String(line + 1)}`
}

test('every case of every id of the catalogue is raised somewhere in src', () => {
  const raised = new Set<string>()
  for (const source of sources) {
    visit(source, (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== 'problemOf') return
      const [code, name] = node.arguments
      if (code === undefined) return
      for (const id of literals(code)) {
        raised.add(id)
        if (name !== undefined) for (const one of literals(name)) raised.add(`${id} ${one}`)
      }
    })
  }
  const wanted = problemCodes.flatMap((code) =>
    examplesOf(code).map(({ name }) => (name === undefined ? code : `${code} ${name}`)),
  )
  expect(wanted.filter((one) => !raised.has(one))).toEqual([])
  // The types of all of src are worked out on the way.
}, 120_000)

test('no problem is put together by hand outside of the catalogue', () => {
  const written: string[] = []
  for (const source of sources) {
    visit(source, (node) => {
      if (!ts.isObjectLiteralExpression(node)) return
      const member = (name: string) =>
        node.properties.find(
          (property) => ts.isPropertyAssignment(property) && property.name.getText() === name,
        ) as ts.PropertyAssignment | undefined
      const code = member('code') ?? member('id')
      const text = member('detail') ?? member('message')
      if (code === undefined || text === undefined) return
      const ids = literals(code.initializer).filter((id) => isProblemCode(id))
      if (ids.length > 0) {
        written.push(`${placeOf(node)} ${ids.join(' ')}`)
      }
    })
  }
  expect(written).toEqual([])
})

test('no check is given a sentence instead of a problem', () => {
  const written: string[] = []
  for (const source of sources) {
    if (!source.text.includes("verdict/check.ts'")) continue
    visit(source, (node) => {
      if (!ts.isCallExpression(node)) return
      if (!['fail', 'warn'].includes(node.expression.getText())) return
      const [problem] = node.arguments
      if (problem !== undefined && literals(problem).length > 0) written.push(placeOf(node))
    })
  }
  expect(written).toEqual([])
})
