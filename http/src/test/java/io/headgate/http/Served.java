package io.headgate.http;

/** A request from its decision to its settlement, as the simplest of adapters handles it. */
record Served(Verdict verdict, FakeResponse response) {

    static Served by(RequestLimiter limits, FakeRequest request) {
        return by(limits, request, 200);
    }

    /** The application, if it is reached, answers with the status. */
    static Served by(RequestLimiter limits, FakeRequest request, int status) {
        FakeResponse response = new FakeResponse();
        Verdict verdict = limits.decide(request);
        limits.addFields(verdict, response);
        response.status = verdict.passes() ? status : verdict.refusal().status();
        Settlement settlement = limits.settlement(verdict, request, response);
        if (settlement != null) {
            settlement.committed(status);
            settlement.completed();
        }
        return new Served(verdict, response);
    }

    int status() {
        return response.status;
    }
}
