import type { AnswerHistograms, AnswerSeries } from './answer-series.js';
import type { LabelledValue } from './pulled-metric.js';

/** Of each kind of label set so many are told apart. */
export const MOST_LABEL_SETS = 1000;
export const OTHER = 'other';
export const UNKNOWN = 'unknown';
const LONGEST_NAME = 256;

/** What is counted of the requests of one client of a model. */
export class FlowSeries {
  started = 0;
  running = 0;
  readonly errors = new Map<string, number>();

  constructor(
    readonly model: ModelSeries,
    readonly labels: Readonly<Record<string, string>>,
  ) {}

  failed(code: string): void {
    this.errors.set(code, (this.errors.get(code) ?? 0) + 1);
  }
}

/** What is counted of a model, as which it is asked for, and a priority. */
export class ModelSeries {
  readonly flows = new Map<string, FlowSeries>();
  private answered: AnswerSeries | undefined;

  constructor(
    readonly model: string,
    readonly target: string,
    readonly priority: string,
    private readonly histograms: AnswerHistograms,
  ) {}

  get labels(): Readonly<Record<string, string>> {
    const { model, target, priority } = this;
    return { model_name: model, target_model_name: target, priority };
  }

  /** Made when there is something to observe: only good answers are, so that nobody fills the page with names. */
  get answers(): AnswerSeries {
    return (this.answered ??= this.histograms.series(this.labels));
  }
}

/** Finds the series of a request, without a string or an object made for it. */
export class RequestSeries {
  private readonly models = new Map<string, Map<string, Map<number, ModelSeries>>>();
  private readonly other = new Map<number, ModelSeries>();
  private readonly all: FlowSeries[] = [];
  private modelSets = 0;
  private flowSets = 0;

  constructor(private readonly histograms: AnswerHistograms) {}

  of(model: string, target: string, fairnessId: string, priority: number): FlowSeries {
    const series =
      this.models.get(model)?.get(target)?.get(priority) ?? this.meet(model, target, priority);
    return series.flows.get(fairnessId) ?? this.meetFlow(series, fairnessId);
  }

  /** @returns a value a set, those that are 0 included */
  values(valueOf: (series: FlowSeries) => number): LabelledValue[] {
    return this.all.map((series) => ({ labels: series.labels, value: valueOf(series) }));
  }

  errors(): LabelledValue[] {
    return this.all.flatMap(({ labels, errors }) =>
      [...errors].map(([error_code, value]) => ({ labels: { ...labels, error_code }, value })),
    );
  }

  private meet(model: string, target: string, priority: number): ModelSeries {
    const isTooMuch =
      this.modelSets >= MOST_LABEL_SETS ||
      model.length > LONGEST_NAME ||
      target.length > LONGEST_NAME;
    if (isTooMuch) return this.otherModels(priority);
    this.modelSets++;
    const name = (text: string): string => (text === '' ? UNKNOWN : text);
    const series = new ModelSeries(name(model), name(target), String(priority), this.histograms);
    let targets = this.models.get(model);
    if (!targets) this.models.set(model, (targets = new Map<string, Map<number, ModelSeries>>()));
    let priorities = targets.get(target);
    if (!priorities) targets.set(target, (priorities = new Map<number, ModelSeries>()));
    priorities.set(priority, series);
    return series;
  }

  /** Priorities are the operator's to give: there are few. */
  private otherModels(priority: number): ModelSeries {
    let series = this.other.get(priority);
    if (!series) {
      series = new ModelSeries(OTHER, OTHER, String(priority), this.histograms);
      this.other.set(priority, series);
    }
    return series;
  }

  private meetFlow(model: ModelSeries, fairnessId: string): FlowSeries {
    // Each model has one for all that are too many.
    const isTooMuch = this.flowSets >= MOST_LABEL_SETS || fairnessId.length > LONGEST_NAME;
    const id = isTooMuch ? OTHER : fairnessId;
    const known = model.flows.get(id);
    if (known) return known;
    if (!isTooMuch) this.flowSets++;
    const { model: model_name, target: target_model_name, priority } = model;
    const labels = { model_name, target_model_name, fairness_id: id, priority };
    const series = new FlowSeries(model, labels);
    model.flows.set(id, series);
    this.all.push(series);
    return series;
  }
}
