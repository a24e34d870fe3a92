import type { PurchaseState } from '../../domain/purchase';
import { stateMarks } from '../../domain/state-marks';
import { stateWords } from '../../operator/words';

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

/** How a state of something else is shown. */
export interface ChipWords extends Omit<ChipProps, 'children' | 'title'> {
  readonly label: string;
}

/** A word in a frame, for states of other things than purchases. */
export function Chip({ tone, mark, title, children }: ChipProps) {
  return (
    <span class={`chip chip-${tone}`} {...(title === undefined ? {} : { title })}>
      <span class="chip-mark" aria-hidden="true">
        {mark === '⏳' ? <Hourglass /> : mark}
      </span>
      {children}
    </span>
  );
}

/** The one mark that not every system has a character of. */
function Hourglass() {
  return (
    <svg class="mark" viewBox="0 0 16 16" width="12" height="12">
      <path
        d="M4 2h8M4 14h8M5 2c0 4 6 4 6 6s-6 2-6 6M11 2c0 4-6 4-6 6s6 2 6 6"
        fill="none"
        stroke="currentColor"
        stroke-width="1.5"
      />
    </svg>
  );
}
