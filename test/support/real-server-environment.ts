import { TestWorkflowEnvironment } from '@temporalio/testing';
import { integrationStack } from './integration-stack';

/** As `timeSkippingEnvironment`, on Temporal's own server, which all integration tests share: time is real. */
export function realServerEnvironment(): Promise<TestWorkflowEnvironment> {
  const { address, namespace } = integrationStack().temporal;
  return TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
}
