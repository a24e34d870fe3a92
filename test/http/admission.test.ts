/** How many webhooks are worked on at once: learned from how long they take. */
import { Admission, type Admitted } from '../../src/http/admission';

const deadlineMs = 4_000;

class Trial {
  nowMs = 0;
  readonly admission: Admission;
  constructor(most = 90) {
    this.admission = new Admission({ most, deadlineMs, nowMs: () => this.nowMs });
  }

  /** As many as are let in, of so many that come. */
  enterAll(come = Infinity): readonly Admitted[] {
    const entered: Admitted[] = [];
    while (entered.length < come) {
      const one = this.admission.enter();
      if (!one) break;
      entered.push(one);
    }
    return entered;
  }

  /** How many are let in of so many that come; all of them take so long. */
  wave(tookMs: number, come = Infinity): number {
    const entered = this.enterAll(come);
    this.nowMs += tookMs;
    for (const one of entered) one.leave();
    return entered.length;
  }
}

it('lets in no more than it may, however quick they are', () => {
  const trial = new Trial();
  expect([trial.wave(1), trial.wave(1), trial.wave(1)]).toEqual([90, 90, 90]);
});

it('takes a third away for all that are late together, until they are in time', () => {
  const trial = new Trial();
  expect([trial.wave(4_000), trial.wave(5_000), trial.wave(3_999), trial.wave(1_000), trial.wave(1)]).toEqual([
    90, 60, 40, 40, 40,
  ]);
});

it('takes the third from as many as were under way, which may be far fewer than were let in', () => {
  const trial = new Trial();
  expect([trial.wave(4_000, 20), trial.wave(4_000, 20), trial.wave(4_000, 20), trial.wave(1, 20)]).toEqual([20, 13, 8, 5]);
});

it('takes the third from all places where only a few were late', () => {
  const trial = new Trial();
  expect([trial.wave(4_000, 1), trial.wave(4_000, 4), trial.wave(3_999)]).toEqual([1, 4, 40]);
});

it('counts those that came later, too: they shared the time of the one that was late', () => {
  const trial = new Trial();
  const [first] = trial.enterAll(1);
  const others = trial.enterAll(29);
  trial.nowMs += 4_000;
  first?.leave();
  for (const one of others) one.leave();
  expect(trial.enterAll()).toHaveLength(20);
});

it('gives a place back for each that is quick', () => {
  const trial = new Trial();
  trial.wave(4_000);
  expect([trial.wave(999), trial.wave(999), trial.wave(999)]).toEqual([60, 90, 90]);
});

it('does not shrink once more for those that came before it shrank', () => {
  const trial = new Trial();
  const [first, ...others] = trial.enterAll();
  trial.nowMs += 4_000;
  first?.leave();
  trial.nowMs += 4_000;
  for (const one of others) one.leave();
  expect(trial.enterAll()).toHaveLength(60);
});

it('always works on a few, and is soon at the most again when it is quick', () => {
  const trial = new Trial();
  for (let wave = 0; wave < 100; wave += 1) trial.wave(60_000);
  const sizes = Array.from({ length: 6 }, () => trial.wave(10));
  expect(sizes).toEqual([4, 8, 16, 32, 64, 90]);
});

it('never works on more than it may, also where that is fewer than a few', () => {
  const trial = new Trial(2);
  expect([trial.wave(9_000), trial.wave(9_000), trial.wave(1)]).toEqual([2, 2, 2]);
});
