/** The settings that are maps by a provider's id: a row for each id, and free ones beneath. A row without an id is not there. */
import { settingField } from '../../../operator/settings-fields';
import { productWords } from '../../../operator/settings-words';
import type { Context } from '../../route';
import { upperFirst } from '../../parts/upper-first';
import { type FormValues, type MapSetting, productMembers, rowsOf } from './form-values';

interface MapProps {
  readonly ctx: Context;
  readonly values: FormValues;
}

export function Prices({ ctx, values }: MapProps) {
  const { help, choices = [] } = settingField('prices');
  return (
    <MapHead
      ctx={ctx}
      setting="prices"
      help={`${help} Changes of it do not show in the effect: roles are read with the webhook.`}
    >
      {rowsOf(values, 'prices').map((row) => {
        const name = `prices.${row}`;
        return (
          <div class="map-row">
            <ProviderId name={`${name}.key`} value={values[`${name}.key`]} label={`Price or plan ${row + 1}: id`} />
            <select name={`${name}.role`} aria-label={`Price or plan ${row + 1}: what it is for`}>
              {choices.map(({ value, label }) => (
                <option value={value} selected={value === values[`${name}.role`]}>
                  {label}
                </option>
              ))}
            </select>
          </div>
        );
      })}
    </MapHead>
  );
}

export function Products({ ctx, values }: MapProps) {
  const { help } = settingField('products');
  return (
    <MapHead
      ctx={ctx}
      setting="products"
      help={`${help} Changes of it do not show in the effect: they change what TikTok is told of a purchase, and not whether. To take one away, empty its id.`}
    >
      {rowsOf(values, 'products').map((row) => {
        const name = `products.${row}`;
        const label = `Product ${row + 1}`;
        return (
          <fieldset class="product-row">
            <legend class="unseen">{label}</legend>
            <label>
              <span>At the provider</span>
              <ProviderId name={`${name}.key`} value={values[`${name}.key`]} label={`${label}: id at the provider`} />
            </label>
            {productMembers.map((member) => (
              <label>
                <span>{upperFirst(memberTitles[member])}</span>
                <input
                  type="text"
                  name={`${name}.${member}`}
                  value={values[`${name}.${member}`] ?? ''}
                  placeholder={placeholders[member]}
                  aria-label={`${label}: ${productWords[member]} at TikTok`}
                  autocomplete="off"
                />
              </label>
            ))}
          </fieldset>
        );
      })}
    </MapHead>
  );
}

const memberTitles = { id: 'id at TikTok', name: 'name', category: 'category', predictedLtv: 'expected in all' } as const;
const placeholders = { id: 'premium', name: 'Premium, monthly', category: 'Subscriptions', predictedLtv: '89.00' } as const;

interface MapHeadProps {
  readonly ctx: Context;
  readonly setting: MapSetting;
  readonly help: string;
  readonly children: preact.ComponentChildren;
}

/** The errors of a map name an id, not a row: they stand above all rows. */
function MapHead({ ctx, setting, help, children }: MapHeadProps) {
  const errors = ctx.refused?.errors.filter(({ path }) => path === setting || path.startsWith(`${setting}.`)) ?? [];
  return (
    <>
      <h3>{settingField(setting).label}</h3>
      <p class="help">{help}</p>
      {errors.map(({ path, message }) => (
        <p class="error">
          {path} {message}
        </p>
      ))}
      <div class="map-rows">{children}</div>
    </>
  );
}

function ProviderId({
  name,
  value = '',
  label,
}: {
  readonly name: string;
  readonly value?: string | undefined;
  readonly label: string;
}) {
  return (
    <input
      type="text"
      name={name}
      value={value}
      placeholder="price or plan id"
      aria-label={label}
      autocomplete="off"
      spellcheck={false}
    />
  );
}
