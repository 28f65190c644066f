package io.headgate.containers.run;

import io.headgate.containers.App;
import io.headgate.containers.Container;
import io.undertow.Undertow;
import io.undertow.UndertowOptions;
import io.undertow.server.HandlerWrapper;
import io.undertow.server.handlers.GracefulShutdownHandler;
import io.undertow.servlet.Servlets;
import io.undertow.servlet.api.DeploymentInfo;
import io.undertow.servlet.api.DeploymentManager;
import io.undertow.servlet.api.ServletContainerInitializerInfo;
import io.undertow.servlet.util.ImmediateInstanceFactory;
import jakarta.servlet.ServletContainerInitializer;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Undertow 2.3. */
final class UndertowServer implements Container {

    private final HandlerWrapper outermost;
    private final @Nullable ExecutorService executor;

    UndertowServer() {
        this(handler -> handler);
    }

    /** With a handler of Undertow's own around the application. */
    UndertowServer(HandlerWrapper outermost) {
        this(outermost, null);
    }

    private UndertowServer(HandlerWrapper outermost, @Nullable ExecutorService executor) {
        this.outermost = outermost;
        this.executor = executor;
    }

    /** With an executor that runs the requests, in place of Undertow's workers. */
    static UndertowServer on(ExecutorService executor) {
        return new UndertowServer(handler -> handler, executor);
    }

    @Override
    public Server start(App app) throws Exception {
        ServletContainerInitializer deploy = (classes, servlets) -> app.deploy(servlets);
        DeploymentInfo info = Servlets.deployment()
                .setClassLoader(UndertowServer.class.getClassLoader())
                .setContextPath("/")
                .setDeploymentName("app")
                // Else filters start with the first request, and their mistakes come to light only then.
                .setEagerFilterInit(true)
                .setExecutor(executor)
                .setAsyncExecutor(executor)
                .addServletContainerInitializer(new ServletContainerInitializerInfo(
                        deploy.getClass(), new ImmediateInstanceFactory<>(deploy), Set.of()));
        app.errorPages().forEach((status, path) -> info.addErrorPage(Servlets.errorPage(path, status)));
        DeploymentManager manager = Servlets.newContainer().addDeployment(info);
        manager.deploy();
        GracefulShutdownHandler handler = new GracefulShutdownHandler(outermost.wrap(manager.start()));
        Undertow undertow = Undertow.builder()
                .setIoThreads(1)
                .setWorkerThreads(4)
                .setServerOption(UndertowOptions.ENABLE_HTTP2, true)
                .setServerOption(UndertowOptions.MAX_ENTITY_SIZE, -1L) // else 2 MB
                .addHttpListener(0, "0.0.0.0")
                .setHandler(handler)
                .build();
        undertow.start();
        return new Server() {
            @Override
            public int port() {
                return ((InetSocketAddress) undertow.getListenerInfo().get(0).getAddress()).getPort();
            }

            @Override
            public void stop() throws Exception {
                handler.shutdown();
                handler.awaitShutdown();
                undertow.stop();
                if (executor != null) {
                    // What comes after the response, too; Undertow waits for its own workers alone.
                    executor.shutdown();
                    if (!executor.awaitTermination(1, TimeUnit.MINUTES)) {
                        throw new IllegalStateException("a request goes on");
                    }
                }
                manager.stop();
                manager.undeploy();
            }
        };
    }

    @Override
    public Set<String> spellingsOfLogin() {
        return Set.of("/login", "/login;jsessionid=1", "/%6cogin", "/%6Cogin", "/login?x=/other");
    }

    @Override
    public boolean keepsHeadersAfterException() {
        return false;
    }
}
