import { ApplicationFailure } from '@temporalio/common';
import { sdkFields } from '../../src/temporal/runtime';

it('tells a failure that was decided on by its type and place, without a stack', () => {
  const error = ApplicationFailure.create({ message: 'not accepted within 48 h', type: 'DeliveryExpired' });
  const fields = sdkFields({ error, workflowId: 'subscription/default/stripe/sub_1', activityType: 'reportPurchase' });
  expect(fields).toEqual({
    sdk: true,
    workflowId: 'subscription/default/stripe/sub_1',
    activityType: 'reportPurchase',
    type: 'DeliveryExpired',
    reason: 'not accepted within 48 h',
  });
});

it('tells an error that nobody expected with its stack', () => {
  expect(sdkFields({ error: new TypeError('x is not a function') })).toMatchObject({
    reason: 'x is not a function',
    stack: expect.stringContaining('TypeError'),
  });
});

it('says no more than that it is the SDK’s where nothing is told', () => {
  expect(sdkFields()).toEqual({ sdk: true });
});
