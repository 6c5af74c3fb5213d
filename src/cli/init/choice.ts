// One decision of the wizard: what was chosen, why, and by whom.

export interface Proposal<T> {
  readonly value: T
  readonly why: string
}

export interface Choice<T> extends Proposal<T> {
  readonly from: 'flag' | 'proposal' | 'answer'
}

export const given = <T>(value: T, why = 'as given'): Choice<T> => ({ value, why, from: 'flag' })

export const proposed = <T>(proposal: Proposal<T>): Choice<T> => ({ ...proposal, from: 'proposal' })

/** An answer that equals the proposal has the proposal's reason. */
export const answered = <T>(value: T, proposal: Proposal<T> | undefined): Choice<T> =>
  proposal !== undefined && JSON.stringify(proposal.value) === JSON.stringify(value)
    ? proposed(proposal)
    : { value, why: 'as you chose', from: 'answer' }
