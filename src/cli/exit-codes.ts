// What the exit code of a command says.

export const exitCodes = {
  accepted: 0,
  rejected: 1,
  usage: 2,
  undecided: 3,
  internal: 70,
  interrupted: 130,
} as const

export const exitCodeOf = (outcome: 'accepted' | 'rejected' | 'undecided'): number =>
  exitCodes[outcome]
