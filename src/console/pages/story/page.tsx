/** The story of one purchase, from the provider's word to TikTok's: a page with an address of its own, and the drawer over the list. */
import { z } from 'zod';
import { storyOf } from '../../../operator/story';
import { fragment, page, titled } from '../../route';
import { paymentIn } from './address';
import { StoryView } from './view';

export const storyPage = page({
  path: '/purchases/:psp/:moneyId',
  title: 'Story of a purchase',
  section: 'purchases',
  async render(ctx) {
    const { back } = ctx.query(storyQuery);
    const story = await storyOf(ctx.deps, paymentIn(ctx));
    if (ctx.isHtmx) return fragment(<StoryView ctx={ctx} story={story} back={back ?? ''} isDrawer />);
    return titled(`Purchase ${story.purchase.moneyId}`, <StoryView ctx={ctx} story={story} back={back ?? ''} />);
  },
});

const storyQuery = z.strictObject({ back: z.string().max(4_000).exactOptional() });
