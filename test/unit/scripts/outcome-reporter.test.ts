interface Reporter {
  onTestResult(test: undefined, result: { readonly testResults: readonly object[] }): void;
}

const OutcomeReporter = jest.requireActual<
  new (globalConfig: object, options: { readonly write: (text: string) => unknown }) => Reporter
>('../../../scripts/outcome-reporter.cjs');

it('shows by name what stands under "every outcome", and how it went, and nothing else', () => {
  const written: string[] = [];
  const reporter = new OutcomeReporter({}, { write: (text: string) => written.push(text.trim()) });
  const under = (group: string, title: string, status: string) => ({ ancestorTitles: [group], title, status });

  reporter.onTestResult(undefined, {
    testResults: [
      under('every outcome', 'recovered: in waves', 'passed'),
      under('something else', 'is not shown', 'passed'),
      under('every outcome', 'false-positive-restored: lifted', 'failed'),
    ],
  });

  expect(written).toEqual(['passed recovered: in waves', 'failed false-positive-restored: lifted']);
});
