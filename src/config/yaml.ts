// What is used of yaml, for modules that load it when a file is YAML: a bundle names the exports of a CommonJS package
// only where they are imported statically.
export {
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
} from 'yaml'
