// Whether an RSA modulus was made by the generator whose keys can be factored (ROCA, CVE-2017-15361).

const primes = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101,
  103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
] as const

const generator = 65_537

const powersModulo = (prime: number): ReadonlySet<number> => {
  const powers = new Set<number>()
  let power = 1
  while (!powers.has(power)) {
    powers.add(power)
    power = (power * generator) % prime
  }
  return powers
}

let fingerprint: readonly (readonly [bigint, ReadonlySet<number>])[] | undefined

/**
 * Both primes of such a key are powers of 65537 modulo a product of small primes, and so is their
 * product; a random modulus looks like that once in 2^27. Does not try to factor anything.
 */
export const hasRocaFingerprint = (modulus: bigint): boolean => {
  fingerprint ??= primes.map((prime) => [BigInt(prime), powersModulo(prime)] as const)
  return fingerprint.every(([prime, powers]) => powers.has(Number(modulus % prime)))
}
