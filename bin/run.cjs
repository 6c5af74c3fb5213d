#!/usr/bin/env node
// Answers --version itself, which needs no framework; anything else is the program in dist/bin.
'use strict'
var argv = process.argv.slice(2)

// Words that people try first, and what they mean. docs/cli.md lists them.
var aliases = {
  verify: ['validate'],
  inspect: ['validate', '--decode-only'],
  decode: ['validate', '--decode-only'],
  status: ['doctor'],
  check: ['serve', '--check'],
  version: ['--version'],
}
if (Object.hasOwn(aliases, argv[0])) argv = aliases[argv[0]].concat(argv.slice(1))
else if (argv[0] === 'help' && Object.hasOwn(aliases, argv[1])) argv = ['help', aliases[argv[1]][0]]

var node = process.versions.node.split('.').map(Number)
if (node[0] < 20 || (node[0] === 20 && node[1] < 19)) {
  process.stderr.write('mcp-proxy needs Node 20.19 or newer; this is ' + process.version + '\n')
  process.exit(2)
}

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v' || argv[0] === '-V')) {
  var version = require('../package.json').version
  var line =
    'mcp-proxy ' +
    version +
    ' ' +
    process.platform +
    '-' +
    process.arch +
    ' node-' +
    process.version +
    '\n'
  // process.stdout would load the stream and network modules first, for one line.
  try {
    require('fs').writeSync(1, line)
  } catch {
    process.stdout.write(line)
  }
} else {
  start()
}

function start() {
  var fs = require('fs')
  var path = require('path')
  var root = path.join(__dirname, '..')
  var program = path.join(root, 'dist', 'bin', 'main.js')
  if (!fs.existsSync(program)) {
    process.stderr.write('mcp-proxy is not built: run `npm run build` first\n')
    process.exit(70)
  }
  var end = argv.indexOf('--')
  var words = end === -1 ? argv : argv.slice(0, end)
  // A command has a program of its own; help, and words that are no command, are the business of main.
  if (
    /^[a-z]+(-[a-z]+)*$/.test(argv[0]) &&
    words.indexOf('--help') === -1 &&
    words.indexOf('-h') === -1
  ) {
    var own = path.join(root, 'dist', 'bin', 'commands', argv[0] + '.js')
    if (fs.existsSync(own)) program = own
  }
  if (node[0] > 22 || (node[0] === 22 && node[1] >= 1)) keepCompiledCode(path)
  require(program).main(argv, { root: root, pjson: require('../package.json') })
}

// Node's own cache of compiled code. Its usual place is a folder for temporary files, where others may have been first.
function keepCompiledCode(path) {
  var enable = require('module').enableCompileCache
  if (process.env.NODE_COMPILE_CACHE) return enable()
  var base = process.env.XDG_CACHE_HOME
  if (!base || !path.isAbsolute(base)) base = path.join(require('os').homedir(), '.cache')
  return enable(path.join(base, 'mcp-proxy', 'compiled'))
}
