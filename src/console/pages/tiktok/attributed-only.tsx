/** The switch that sends only buyers from TikTok, and beside it how many purchases that would leave. */
import { matchQuality } from '../../../application/match-quality';
import { dayMs } from '../../../domain/duration';
import { settingField } from '../../../operator/settings-fields';
import { percent } from '../../parts/figures';
import { Check } from '../../parts/form';
import { counted } from '../../parts/money';
import type { Context } from '../../route';

/** Of the purchases that TikTok accepted in the last 30 days: those with a click id. */
export interface ClickShare {
  readonly sent: number;
  /** 0 to 1; null where nothing was sent. */
  readonly share: number | null;
}

export async function clickShare({ deps, integration, nowMs }: Context): Promise<ClickShare> {
  const { sent, identifiers } = await matchQuality(deps, { integration, fromMs: nowMs - 30 * dayMs, toMs: nowMs });
  return { sent, share: identifiers.find(({ identifier }) => identifier === 'ttclid')?.share ?? null };
}

interface AttributedOnlyProps {
  readonly ctx: Context;
  readonly clicks: ClickShare;
  readonly isChecked: boolean;
  /** As it is saved. */
  readonly isOn: boolean;
}

export function AttributedOnly({ ctx, clicks, isChecked, isOn }: AttributedOnlyProps) {
  const { label, help } = settingField('attributedOnly');
  return (
    <div>
      <Check name="attributedOnly" label={label} help={help} checked={isChecked} isSwitch />
      <p class="help beside-switch">
        {isOn ? (
          <>
            It is on: <a href={ctx.href('/purchases', { reason: 'not_attributed' })}>what it has kept back</a>.
          </>
        ) : (
          <>
            {clicks.share === null
              ? 'Nothing was sent in the last 30 days, so nobody knows yet what it would keep back. '
              : `Of ${counted(clicks.sent, 'purchase')} sent in the last 30 days, ${percent(clicks.share)} had a click id: the others would be kept back. `}
            <a href={ctx.href('/match-quality')}>Match quality</a>
          </>
        )}
      </p>
    </div>
  );
}
