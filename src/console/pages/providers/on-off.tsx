import { Chip } from '../../parts/state';

/** Whether a provider's webhooks are taken. */
export function OnOff({ on }: { readonly on: boolean }) {
  return on ? (
    <Chip tone="good" mark="✓">
      On
    </Chip>
  ) : (
    <Chip tone="muted" mark="○" title="Enter a signing secret to switch its webhooks on">
      Off
    </Chip>
  );
}
