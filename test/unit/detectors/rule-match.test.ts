import { ruleMatch } from '../../../detectors/rule-match';
import { SAMPLE_PLACES, sampleUse } from '../../../detectors/sample-life';
import { foldAll } from './folding';

test('a title comes from whoever reports the event: it can not forge a line of what people read', () => {
  const rules = [{ id: 'r', title: 'x](http://198.51.100.1)\n# Closed', level: 'high' as const }];

  const { messages } = foldAll([{ ...sampleUse({ afterMs: 0 }), rules }], SAMPLE_PLACES, [ruleMatch]);

  expect(messages).toHaveLength(1);
  expect(messages[0]?.detection.reason).toMatch(/: xhttp:\/\/198\.51\.100\.1 Closed$/);
});
