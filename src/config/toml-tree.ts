// The parser that keeps places, for modules that load it when there is a fault to locate: see yaml.ts.
export { parseTOML } from 'toml-eslint-parser'
