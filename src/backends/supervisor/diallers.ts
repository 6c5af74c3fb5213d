// The way to a backend, by its transport.
import type { Ports } from '../../base/ports.ts'
import { startMsOf, type BackendTransportConfig } from '../config.ts'
import type { Access } from '../access.ts'
import { eventStreamDialler } from '../http/http-sse.ts'
import { httpDialler } from '../http/http.ts'
import { stdioDialler } from '../stdio/stdio.ts'
import type { Dialler } from '../transport.ts'
import { webSocketDialler } from '../websocket/websocket.ts'

export const diallerFor = (
  config: BackendTransportConfig,
  ports: Ports,
  access: Access,
): Dialler => {
  const { name, command, args, env, cwd, url, max_message_bytes: maxBytes } = config
  const startMs = startMsOf(config)
  if (config.transport === 'http' && url !== undefined) {
    return httpDialler({ name, url, access, startMs, maxBytes }, ports)
  }
  if (config.transport === 'sse' && url !== undefined) {
    return eventStreamDialler({ name, url, access, startMs, maxBytes }, ports)
  }
  if (config.transport === 'websocket' && url !== undefined) {
    return webSocketDialler({ name, url, access, startMs, maxBytes }, ports)
  }
  if (config.transport === 'stdio' && command !== undefined) {
    return stdioDialler({ name, command, args, env, cwd, maxBytes }, ports)
  }
  throw new TypeError(`backend ${name}: transport ${config.transport} lacks its address`)
}
