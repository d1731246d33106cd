// SPDX-License-Identifier: Apache-2.0
// Microsoft's own client against the playground: what it sends is not ours to choose. Called by
// tests/e2e/test_playground_client.py with the organisation's URL, a project, a repository and a pull
// request; the token comes in AZURE_DEVOPS_TOKEN, AZURE_DEVOPS_SCHEME is "basic" or "bearer".
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const azdev = require("azure-devops-node-api");
const Git = require("azure-devops-node-api/interfaces/GitInterfaces");
const Policy = require("azure-devops-node-api/interfaces/PolicyInterfaces");

const [base, project, repository, number, reviewer] = process.argv.slice(2);
const pull = Number(number);
const token = process.env.AZURE_DEVOPS_TOKEN;
const handler = process.env.AZURE_DEVOPS_SCHEME === "bearer"
  ? azdev.getBearerHandler(token)
  : azdev.getPersonalAccessTokenHandler(token);
const api = new azdev.WebApi(base, handler, { allowRetries: false });
let steps = 0;

async function step(name, work) {
  try {
    const result = await work();
    steps += 1;
    return result;
  } catch (error) {
    console.error(`${name}: ${error.statusCode ?? ""} ${error.message}`);
    process.exit(1);
  }
}

async function text(stream) {
  let whole = "";
  for await (const piece of stream) whole += piece;
  return whole;
}

const me = await step("connect", async () => {
  const data = await api.connect();
  assert.ok(data.authenticatedUser.id);
  return data.authenticatedUser.id;
});
const git = await step("git", () => api.getGitApi());

await step("repositories", async () => {
  const all = await git.getRepositories(project);
  assert.ok(all.some((one) => one.id === repository));
  const one = await git.getRepository(repository, project);
  assert.equal(one.project.name, project);
});
const head = await step("pull request", async () => {
  const one = await git.getPullRequest(repository, pull, project);
  assert.equal(one.status, Git.PullRequestStatus.Active);
  assert.ok(one.creationDate instanceof Date);
  assert.equal((await git.getPullRequestById(pull)).pullRequestId, pull);
  return one.lastMergeSourceCommit.commitId;
});
await step("pull requests", async () => {
  const list = await git.getPullRequests(repository, { status: Git.PullRequestStatus.Active }, project, undefined, 0, 200);
  assert.deepEqual(list.map((one) => one.pullRequestId), [pull]);
});
await step("no such pull request", async () => {
  assert.equal(await git.getPullRequest(repository, 4711, project), null);
});
await step("iterations", async () => {
  const all = await git.getPullRequestIterations(repository, pull, project);
  assert.equal(all.at(-1).sourceRefCommit.commitId, head);
  assert.equal(all.at(-1).reason, Git.IterationReason.Push);
  const changes = await git.getPullRequestIterationChanges(repository, pull, all.length, project, 2000, 0, 0);
  assert.deepEqual(changes.changeEntries.map((one) => one.item.path), ["/main.tf"]);
  assert.equal(changes.changeEntries[0].changeType, Git.VersionControlChangeType.Edit);
});
await step("threads", async () => {
  const made = await git.createThread({
    comments: [{ parentCommentId: 0, content: "from the client", commentType: Git.CommentType.Text }],
    status: Git.CommentThreadStatus.Closed,
  }, repository, pull, project);
  assert.equal(made.status, Git.CommentThreadStatus.Closed);
  const fixed = await git.updateThread({ status: Git.CommentThreadStatus.Fixed }, repository, pull, made.id, project);
  assert.equal(fixed.status, Git.CommentThreadStatus.Fixed);
  const reply = await git.createComment({ content: "reply", parentCommentId: 1, commentType: Git.CommentType.Text },
    repository, pull, made.id, project);
  const edited = await git.updateComment({ content: "edited" }, repository, pull, made.id, reply.id, project);
  assert.equal(edited.content, "edited");
  await git.deleteComment(repository, pull, made.id, reply.id, project);
  await git.createLike(repository, pull, made.id, 1, project);
  const threads = await git.getThreads(repository, pull, project);
  const again = threads.find((one) => one.id === made.id);
  assert.deepEqual(again.comments.map((one) => one.isDeleted ?? false), [false, true]);
  assert.equal(again.comments[0].usersLiked[0].id, me);
});
await step("statuses", async () => {
  const context = { name: "apply", genre: "client" };
  const pending = await git.createPullRequestStatus(
    { state: Git.GitStatusState.Pending, description: "d", context, targetUrl: "https://x/" }, repository, pull, project);
  assert.equal(pending.state, Git.GitStatusState.Pending);
  const done = await git.createPullRequestIterationStatus(
    { state: Git.GitStatusState.Succeeded, context }, repository, pull, 2, project);
  assert.equal(done.iterationId, 2);
  const all = await git.getPullRequestStatuses(repository, pull, project);
  assert.deepEqual(all.map((one) => one.id), [pending.id, done.id]);
  const failed = await git.createCommitStatus({ state: Git.GitStatusState.Failed, context }, head, repository, project);
  assert.equal(failed.state, Git.GitStatusState.Failed);
});
await step("labels", async () => {
  await git.createPullRequestLabel({ name: "client" }, repository, pull, project);
  assert.deepEqual((await git.getPullRequestLabels(repository, pull, project)).map((one) => one.name), ["client"]);
  await git.deletePullRequestLabels(repository, pull, "client", project);
});
await step("reviewers", async () => {
  const vote = await git.createPullRequestReviewer({ vote: 10 }, repository, pull, me, project);
  assert.equal(vote.vote, 10);
  await git.createPullRequestReviewer({ vote: 0, isRequired: true }, repository, pull, reviewer, project);
  assert.deepEqual((await git.getPullRequestReviewers(repository, pull, project)).map((one) => one.id), [me, reviewer]);
});
await step("refs, items, differences", async () => {
  const refs = await git.getRefs(repository, project, "heads/main");
  assert.equal(refs[0].name, "refs/heads/main");
  const version = { version: head, versionType: Git.GitVersionType.Commit };
  const item = await text(await git.getItemText(repository, "/main.tf", project, undefined, undefined, undefined,
    undefined, undefined, version));
  assert.equal(item, "three\n");
  const difference = await git.getCommitDiffs(repository, project, true, 100, 0,
    { version: "main", versionType: Git.GitVersionType.Branch }, version);
  assert.equal(difference.allChangesIncluded, true);
});
const policies = await step("policy", () => api.getPolicyApi());
await step("policies", async () => {
  const projectId = (await git.getRepository(repository, project)).project.id;
  const made = await policies.createPolicyConfiguration({
    isEnabled: true, isBlocking: true, type: { id: "cbdc66da-9728-4af8-aada-9a5a32e4a226" },
    settings: {
      statusName: "apply", statusGenre: "client", authorId: me, invalidateOnSourceUpdate: true,
      scope: [{ repositoryId: repository, refName: "refs/heads/main", matchKind: "Exact" }],
    },
  }, project);
  assert.ok(made.id);
  assert.equal((await policies.getPolicyConfigurations(project)).length, 1);
  const [evaluation] = await policies.getPolicyEvaluations(
    project, `vstfs:///CodeReview/CodeReviewId/${projectId}/${pull}`);
  assert.equal(evaluation.status, Policy.PolicyEvaluationStatus.Approved);
  const again = await policies.requeuePolicyEvaluation(project, evaluation.evaluationId);
  assert.equal(again.evaluationId, evaluation.evaluationId);
});
await step("project", async () => {
  const core = await api.getCoreApi();
  assert.equal((await core.getProject(project, true)).name, project);
});
await step("complete", async () => {
  const answer = await git.updatePullRequest({
    status: Git.PullRequestStatus.Completed,
    lastMergeSourceCommit: { commitId: head },
    completionOptions: { mergeStrategy: Git.GitPullRequestMergeStrategy.Squash, deleteSourceBranch: true },
  }, repository, pull, project);
  assert.equal(answer.status, Git.PullRequestStatus.Active);
});
console.log(JSON.stringify({ steps }));
