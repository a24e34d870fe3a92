/** Sends what a page or an action answered. */
import type { Response } from 'express';
import type { VNode } from 'preact';
import { render } from 'preact-render-to-string';
import type { Assets } from './assets';
import { sendText } from '../http/stream';
import { documentOf, Layout } from './layout';
import type { Answer, Context } from './route';
import type { RailEntry, SectionId } from './sections';

/** What stands around the content. */
export interface Around {
  readonly ctx: Context;
  readonly title: string;
  readonly section: SectionId | null;
  readonly rail: readonly RailEntry[];
  readonly assets: Assets;
  /** What an action that has just been done left to say. */
  readonly done: string | null;
  /** How it stands now, on top of the page; null where nobody asks, as in a part of a page. */
  readonly strip?: VNode | null;
}

/** Resolves when all of it is on its way. */
export async function sendAnswer(res: Response, answer: Answer, around: Around): Promise<void> {
  if (!('kind' in answer)) return sendAnswer(res, { kind: 'titled', title: around.title, content: answer }, around);
  switch (answer.kind) {
    case 'redirect':
      // htmx follows a redirect within the page; it is told to load the other one.
      if (around.ctx.isHtmx) res.set('HX-Redirect', answer.to).status(204).end();
      else res.redirect(303, answer.to);
      return;
    case 'fragment':
      return void res.send(render(answer.content));
    case 'download':
      if (typeof answer.body !== 'string') return sendText(res, answer.body, answer);
      return void res.attachment(answer.fileName).type(answer.mediaType).send(answer.body);
    case 'titled': {
      const { ctx, assets } = around;
      const page = (
        <Layout {...around} title={answer.title}>
          {answer.content}
        </Layout>
      );
      return void res.send(documentOf({ title: `${answer.title} · Purchase relay`, assets, csrf: ctx.csrf, children: page }));
    }
  }
}
