package org.securemed.fhir.subscription;

import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/** A body that nobody wants: of a short one the connection is kept, a long one ends it. */
final class IgnoredBody implements HttpResponse.BodySubscriber<Void> {
    private static final long LONGEST = 64 * 1024;

    private final CompletableFuture<Void> end = new CompletableFuture<>();
    // The client calls one after another.
    private Flow.@Nullable Subscription subscription;
    private long seen;

    @Override
    public CompletionStage<Void> getBody() {
        return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription begun) {
        subscription = begun;
        begun.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
        part.forEach(bytes -> seen += bytes.remaining());
        Flow.Subscription begun = Objects.requireNonNull(subscription);
        if (seen > LONGEST) {
            begun.cancel();
            onComplete();
        } else {
            begun.request(1);
        }
    }

    @Override
    public void onError(Throwable failure) {
        end.completeExceptionally(failure);
    }

    @Override
    @SuppressWarnings("NullAway") // Void has no other value
    public void onComplete() {
        end.complete(null);
    }
}
