// Where a browser is opened, by the environment alone.
import { expect, test } from 'vitest'
import { noBrowserBecause } from '../../../src/cli/login/surroundings.ts'

const because = (
  env: Record<string, string>,
  platform: NodeJS.Platform = 'linux',
  files: readonly string[] = [],
) => noBrowserBecause({ env, platform, exists: (path) => files.includes(path) })

const display = { DISPLAY: ':0' }

test.each([
  ['a desktop', display, 'linux', undefined],
  ['a desktop on Wayland', { WAYLAND_DISPLAY: 'wayland-0' }, 'linux', undefined],
  ['a server without a display', {}, 'linux', 'display'],
  ['an empty DISPLAY', { DISPLAY: '' }, 'linux', 'display'],
  ['FreeBSD without a display', {}, 'freebsd', 'display'],
  ['a Mac', {}, 'darwin', undefined],
  ['Windows', {}, 'win32', undefined],
  ['a Mac over SSH', { SSH_CONNECTION: '10.0.0.1 1 10.0.0.2 22' }, 'darwin', 'ssh'],
  ['Windows over SSH', { SSH_CLIENT: '10.0.0.1 1 22' }, 'win32', 'ssh'],
  ['Linux over SSH', { SSH_TTY: '/dev/pts/1' }, 'linux', 'ssh'],
  [
    'X11 forwarded over SSH',
    { SSH_TTY: '/dev/pts/1', DISPLAY: 'localhost:10.0' },
    'linux',
    undefined,
  ],
  ['WSL', { WSL_DISTRO_NAME: 'Debian' }, 'linux', undefined],
  ['CI with a display', { ...display, CI: 'true' }, 'linux', 'ci'],
  ['CI=false', { ...display, CI: 'false' }, 'linux', undefined],
  ['a pod', { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, 'linux', 'container'],
  ['a container with a display', { ...display, container: 'podman' }, 'linux', undefined],
] as const)('%s', (_, env, platform, expected) => {
  expect(because(env, platform)).toBe(expected)
})

test.each(['/.dockerenv', '/run/.containerenv'])('%s marks a container', (file) => {
  expect(because({}, 'linux', [file])).toBe('container')
})
