/** The policy as a grid that is edited: a row for each product and phase. */
import type { JSX } from 'preact';
import type { Policy } from '../../../domain/policy';
import { modeWords } from '../../../operator/settings-words';
import { valueModes } from '../../../operator/settings-rules';
import { phaseWords, purchaseTypeWords } from '../../../operator/words';
import type { Context } from '../../route';
import { cellName, cellsOf, type FormValues, holdName } from './form-values';

export interface PolicyGridProps {
  readonly ctx: Context;
  readonly policy: Policy;
  readonly values: FormValues;
}

export function PolicyGrid({ ctx, policy, values }: PolicyGridProps) {
  return (
    <div class="table-frame" role="region" aria-label="Policy" tabIndex={0}>
      <table class="policy-grid">
        <caption class="unseen">
          For each product and phase: whether it is sent, after which hold, under which name, with which value
        </caption>
        <thead>
          <tr>
            <th scope="col">Product and phase</th>
            <th scope="col">Sent</th>
            <th scope="col">Held for hours</th>
            <th scope="col">Event name</th>
            <th scope="col">Value</th>
            <th scope="col">Share in %</th>
            <th scope="col">Amount</th>
            <th scope="col">Currency</th>
          </tr>
        </thead>
        <tbody>
          {cellsOf(policy).map((place) => {
            const name = cellName(place);
            const label = `${purchaseTypeWords[place.type].label}, ${phaseWords[place.phase].label}`;
            const input = { ctx, values, label };
            return (
              <tr>
                <th scope="row">{label}</th>
                <td>
                  <input
                    type="checkbox"
                    name={`${name}.send`}
                    value="on"
                    checked={values[`${name}.send`] === 'on'}
                    aria-label={`${label}: sent`}
                  />
                </td>
                <td>
                  {place.phase === 'trial_start' && (
                    <CellInput
                      {...input}
                      name={holdName(name)}
                      what="hours that it is held"
                      placeholder="24"
                      attributes={{ type: 'number', min: 1, max: 72, step: 1 }}
                    />
                  )}
                </td>
                <td>
                  <CellInput {...input} name={`${name}.eventName`} what="event name" placeholder="as set above" />
                </td>
                <td>
                  <select name={`${name}.value.mode`} aria-label={`${label}: value`}>
                    {valueModes.map((mode) => (
                      <option value={mode} selected={mode === (values[`${name}.value.mode`] ?? 'charged')}>
                        {modeWords[mode]}
                      </option>
                    ))}
                  </select>
                </td>
                <td>
                  <CellInput
                    {...input}
                    name={`${name}.value.percent`}
                    what="share of the regular price in percent"
                    placeholder="30"
                  />
                </td>
                <td>
                  <CellInput {...input} name={`${name}.value.amount`} what="fixed amount" placeholder="9.99" />
                </td>
                <td>
                  <CellInput {...input} name={`${name}.value.currency`} what="currency of the fixed amount" placeholder="USD" />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface CellInputProps {
  readonly ctx: Context;
  readonly values: FormValues;
  readonly label: string;
  readonly name: string;
  readonly what: string;
  readonly placeholder: string;
  readonly attributes?: JSX.InputHTMLAttributes<HTMLInputElement>;
}

function CellInput({ ctx, values, label, name, what, placeholder, attributes = {} }: CellInputProps) {
  const error = ctx.refused?.errors.find(({ path }) => path === name)?.message;
  const id = `error-${name.replace(/\W+/g, '-')}`;
  return (
    <>
      <input
        type="text"
        name={name}
        value={values[name] ?? ''}
        placeholder={placeholder}
        aria-label={`${label}: ${what}`}
        {...attributes}
        {...(error === undefined ? {} : { 'aria-invalid': 'true' as const, 'aria-describedby': id })}
      />
      {error !== undefined && (
        <p class="error" id={id}>
          {what} {error}
        </p>
      )}
    </>
  );
}
