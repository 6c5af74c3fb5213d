#!/usr/bin/env node
// Knows how to start quickly: answers --version itself, else runs one small bundle with its code cache.
'use strict'
var argv = process.argv.slice(2)

var node = process.versions.node.split('.').map(Number)
if (node[0] < 20 || (node[0] === 20 && node[1] < 19)) {
  process.stderr.write('mcp-proxy needs Node 20.19 or newer; this is ' + process.version + '\n')
  process.exit(2)
}

if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-v')) {
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
  var dist = path.join(__dirname, '..', 'dist', 'bin')
  var end = argv.indexOf('--')
  var words = end === -1 ? argv : argv.slice(0, end)
  var wantsHelp = words.indexOf('--help') !== -1 || words.indexOf('-h') !== -1
  var commands = [
    'discover',
    'introspect',
    'validate',
    'login',
    'logout',
    'serve',
    'init',
    'doctor',
    'explain',
    'completion',
  ]
  var own = commands.indexOf(argv[0]) !== -1
  var bundle = path.join(dist, (own && !wantsHelp ? argv[0] : 'main') + '.cjs')
  if (!fs.existsSync(bundle)) {
    process.stderr.write('mcp-proxy is not built: run `npm run build` first\n')
    process.exit(70)
  }
  var load = process.env.MCP_PROXY_NO_CODE_CACHE === '1' ? require : cachedLoader(fs, path)
  load(bundle).main(argv, function () {
    return require('../package.json').version
  })
}

// The cache holds code that will run: it lives in a folder that only its owner can enter, and a file that
// somebody else owns or may write is not read. Whatever goes wrong, the plain `require` remains.
function cachedLoader(fs, path) {
  var vm = require('vm')
  var folder = cacheFolder(fs, path)
  if (folder === undefined) return require
  return function load(file) {
    var source
    var entry
    var cachedData
    var script
    try {
      source = fs.readFileSync(file, 'latin1')
      // The build writes the hash of the bundle into its first line.
      var hash = /^\/\/ ([0-9a-f]{32})\n/.exec(source)
      if (hash === null) return require(file)
      entry = path.join(folder, hash[1] + '-' + process.version + '-' + process.arch + '.bin')
      cachedData = readOwn(fs, entry)
      script = new vm.Script(
        '(function (exports, require, module, __filename, __dirname) {' + source + '\n})',
        { filename: file, cachedData: cachedData },
      )
    } catch {
      return require(file)
    }
    if (cachedData === undefined || script.cachedDataRejected) {
      // At the end of the run the functions that were compiled on the way are part of it. A run that ended
      // with wrong usage has not come far enough to be a model for others.
      process.once('exit', function (code) {
        if (code === 2 && cachedData === undefined) return
        writeOwn(fs, entry, script)
        dropOld(fs, path, folder)
      })
    }
    var module = { exports: {} }
    // Bundles require each other and what belongs to Node, nothing whose place would matter.
    var nested = function (id) {
      return id.startsWith('./') ? load(path.join(path.dirname(file), id)) : require(id)
    }
    nested.resolve = require.resolve
    script.runInThisContext()(module.exports, nested, module, file, path.dirname(file))
    return module.exports
  }
}

function cacheFolder(fs, path) {
  try {
    if (process.getuid === undefined) return undefined
    var base = process.env.XDG_CACHE_HOME
    if (!base || !path.isAbsolute(base)) base = path.join(require('os').homedir(), '.cache')
    var folder = path.join(base, 'mcp-proxy', 'code')
    var seen = fs.lstatSync(folder, { throwIfNoEntry: false })
    if (seen === undefined) {
      fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
      seen = fs.lstatSync(folder)
    }
    var mine = seen.isDirectory() && seen.uid === process.getuid() && (seen.mode & 0o077) === 0
    return mine ? folder : undefined
  } catch {
    return undefined
  }
}

function readOwn(fs, file) {
  var fd
  try {
    fd = fs.openSync(file, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW)
    var seen = fs.fstatSync(fd)
    if (!seen.isFile() || seen.uid !== process.getuid() || (seen.mode & 0o077) !== 0)
      return undefined
    return fs.readFileSync(fd)
  } catch {
    return undefined
  } finally {
    if (fd !== undefined) fs.closeSync(fd)
  }
}

function writeOwn(fs, file, script) {
  try {
    var draft = file + '.' + process.pid
    fs.writeFileSync(draft, script.createCachedData(), { mode: 0o600, flag: 'wx' })
    fs.renameSync(draft, file)
  } catch {
    // No cache then: the next start is as slow as this one.
  }
}

// Every release leaves entries behind that nobody will read again.
function dropOld(fs, path, folder) {
  try {
    var limit = Date.now() - 30 * 24 * 3600 * 1000
    fs.readdirSync(folder).forEach(function (name) {
      var file = path.join(folder, name)
      if (fs.lstatSync(file).mtimeMs < limit) fs.unlinkSync(file)
    })
  } catch {
    // They stay, then.
  }
}
