package io.headgate.http;

/** Gives every charge back: a limit of requests under way. */
enum NeverCharge implements ChargeOn {
    INSTANCE;

    @Override
    public boolean charges(HttpResponse response, int status) {
        return false;
    }
}
