// What the codes of system errors mean, in words that go on from "cannot be reached: " or "cannot be read: ".

/** Why a host cannot be reached. The codes of undici are those of the system under other names. */
const reach: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  ETIMEDOUT: 'no connection in time: timeout',
  UND_ERR_CONNECT_TIMEOUT: 'no connection in time: timeout',
  UND_ERR_SOCKET: 'the connection was closed',
}

/** Why a file or a folder cannot be read or written. */
const file: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'a part of its path is not a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  ELOOP: 'it is a symbolic link that is not followed',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'its name is too long',
  EMFILE: 'too many files are open',
  ENXIO: 'it is a socket or a device',
}

/** Undefined for a code that is not about reaching a host. */
export const reachWords = (code: string): string | undefined => reach[code]

export const fileWords = (code: string): string => file[code] ?? `the system says ${code}`
