import type { PurchaseState } from '../../domain/purchase';
import { stateMarks, stateWords } from '../../operator/words';

const tones: Readonly<Record<PurchaseState, string>> = {
  sent: 'good',
  suppressed: 'muted',
  pending: 'accent',
  needs_attention: 'bad',
  not_a_purchase: 'muted',
  skipped: 'warn',
};

/** The state of a purchase by colour, shape and word; the sentence behind it on hover. */
export function State({ state }: { readonly state: PurchaseState }) {
  const { label, means } = stateWords[state];
  return (
    <Chip tone={tones[state]} mark={stateMarks[state]} title={means}>
      {label}
    </Chip>
  );
}

export interface ChipProps {
  /** good, warn, bad, accent or muted. */
  readonly tone: string;
  /** One character, so that colour is not all that tells chips apart. */
  readonly mark: string;
  readonly title?: string;
  readonly children: string;
}

/** A word in a frame, for states of other things than purchases. */
export function Chip({ tone, mark, title, children }: ChipProps) {
  return (
    <span class={`chip chip-${tone}`} {...(title === undefined ? {} : { title })}>
      <span class="chip-mark" aria-hidden="true">
        {mark}
      </span>
      {children}
    </span>
  );
}
